/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.jayway.jsonpath.JsonPath;
import dev.modelcache.sample.ModelOrigin.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the page announces for each fault happens.
 */
class FaultTests {

	private static final String LARGE = "large";

	private static final DataSize FAST = DataSize.ofMegabytes(50);

	@TempDir
	private static Path directory;

	/**
	 * One application for all faults, as they are played on its page one after the other.
	 */
	private static RunningSample sample;

	@BeforeAll
	static void start() {
		sample = RunningSample.start(directory, "--hooks.llm.classifier.enabled=false");
	}

	@BeforeEach
	void awaitModel() {
		sample.play("none");
		sample.awaitState(LARGE, "READY");
	}

	@AfterAll
	static void stop() {
		sample.close();
	}

	private List<String> errors() {
		return RunningSample.read(sample.uri(), LARGE, "$.attempts[*].error");
	}

	@Test
	void interruptedDownloadContinues() {
		sample.play("interruptions");
		sample.awaitState(LARGE, "READY");
		assertThat(errors()).anySatisfy((error) -> assertThat(error).contains("broke the connection"));
		assertThat(sample.<String>read(LARGE, "$.outcome")).isEqualTo("DOWNLOADED");
	}

	@Test
	void fileOfSomebodyElseIsNotRemovedAndThePageIsToldWhy() throws Exception {
		Path file = directory.resolve("large.gguf");
		Files.writeString(file, "mine");
		assertThat(JsonPath.<String>read(sample.play("mirror"), "$.error")).contains("is not deleted");
		assertThat(file).hasContent("mine");
		Files.delete(file);
	}

	@Test
	void mirrorSendsTheFileWhileTheFirstServerIsDown() {
		sample.play("mirror");
		sample.awaitState(LARGE, "READY");
		assertThat(errors()).anySatisfy((error) -> assertThat(error).contains("503"));
		assertThat(sample.<Boolean>read(LARGE, "$.fallback")).isFalse();
	}

	@Test
	void fallbackIsUsedWhileServerAndMirrorAreDown() {
		sample.play("fallback");
		sample.awaitState(LARGE, "READY");
		assertThat(sample.<Boolean>read(LARGE, "$.fallback")).isTrue();
	}

	@Test
	void nextAttemptIsAnnouncedWhileAllServersAreDownAndTheModelComesAfterwards() {
		sample.play("outage");
		sample.awaitState(LARGE, "FAILED");
		assertThat(sample.<String>read(LARGE, "$.nextAttempt")).isNotEmpty();
		assertThat(RunningSample.get(sample.uri(), "/actuator/health").statusCode()).isEqualTo(503);
		sample.play("none");
		sample.awaitState(LARGE, "READY");
	}

	@Test
	void fileWithAWrongByteIsNeverPublished() {
		sample.play("wrong-checksum");
		sample.awaitState(LARGE, "FAILED");
		assertThat(sample.<String>read(LARGE, "$.error.code")).isEqualTo("INTEGRITY");
		assertThat(sample.<String>read(LARGE, "$.error.message"))
			.contains("fa851fa30e4b8b26fd7d12821195b04a9376890a3642998a2a7b6b8a6f7dfc64");
		assertThat(directory.resolve("large.gguf")).doesNotExist();
	}

	@Test
	void fileThatIsLargerThanTheDiskFailsAtOnce() {
		sample.play("full-disk");
		sample.awaitState(LARGE, "FAILED");
		assertThat(sample.<String>read(LARGE, "$.error.code")).isEqualTo("STORAGE");
		assertThat(sample.<String>read(LARGE, "$.error.message")).contains("not enough disk space");
	}

	@Test
	void secondProcessWaitsAndUsesTheSameFile() {
		sample.changePace(DataSize.ofKilobytes(40));
		URI second = URI.create(JsonPath.read(sample.play("second-process"), "$.link"));
		RunningSample.awaitState(second, LARGE, "WAITING");
		assertThat(RunningSample.<Number>read(second, LARGE, "$.owner.pid").longValue())
			.isEqualTo(ProcessHandle.current().pid());
		sample.changePace(FAST);
		sample.awaitState(LARGE, "READY");
		RunningSample.awaitState(second, LARGE, "READY");
		assertThat(RunningSample.<String>read(second, LARGE, "$.outcome")).isEqualTo("CACHED");
	}

	@Test
	void namesThatLeadToTheLoopbackAddressAreRefused() throws Exception {
		assertThat(statusLine(sample.uri(), "rebound.example")).contains("403");
		assertThat(statusLine(sample.uri(), "localhost")).contains("200");
	}

	private static String statusLine(URI application, String name) throws IOException {
		try (Socket socket = new Socket(application.getHost(), application.getPort())) {
			String request = "GET /faults HTTP/1.1\r\nHost: " + name + ":" + application.getPort()
					+ "\r\nConnection: close\r\n\r\n";
			socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
			byte[] answer = socket.getInputStream().readAllBytes();
			return new String(answer, StandardCharsets.US_ASCII).lines().findFirst().orElseThrow();
		}
	}

	@Test
	void otherSitesCannotPlayFaults() throws Exception {
		HttpRequest form = HttpRequest.newBuilder(sample.uri().resolve("/faults/kill"))
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(BodyPublishers.noBody())
			.build();
		assertThat(HttpClient.newHttpClient().send(form, BodyHandlers.discarding()).statusCode()).isEqualTo(415);
		assertThat(sample.<String>read(LARGE, "$.state")).isEqualTo("READY");
	}

}
