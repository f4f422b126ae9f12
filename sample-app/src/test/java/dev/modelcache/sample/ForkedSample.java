/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The sample in a JVM of its own, on a free port.
 */
final class ForkedSample implements AutoCloseable {

	private static final Pattern STARTED = Pattern.compile("Open http://localhost:(\\d+) ");

	private final Process process;

	private final Path log;

	private ForkedSample(Process process, Path log) {
		this.process = process;
		this.log = log;
	}

	/**
	 * Starts it, and returns when it answers.
	 * @param directory the directory of its files
	 * @param options options of the JVM
	 * @param environment variables to add
	 * @param arguments arguments of the application
	 */
	static ForkedSample start(Path directory, List<String> options, Map<String, String> environment,
			List<String> arguments) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
		command.addAll(options);
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), SampleApplication.class.getName()));
		command.addAll(arguments);
		// The class path of the tests also has a servlet API.
		command.add("--spring.main.web-application-type=reactive");
		Path log = directory.resolve("log");
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
		builder.environment().putAll(environment);
		ForkedSample sample = new ForkedSample(builder.start(), log);
		Awaitility.await()
			.atMost(RunningSample.PATIENCE)
			.until(() -> STARTED.matcher(sample.output()).find() || !sample.process.isAlive());
		return sample;
	}

	URI uri() throws IOException {
		Matcher port = STARTED.matcher(output());
		assertThat(port.find()).as(output()).isTrue();
		return URI.create("http://127.0.0.1:" + port.group(1));
	}

	String output() throws IOException {
		return Files.readString(this.log);
	}

	int awaitExit() throws InterruptedException {
		assertThat(this.process.waitFor(RunningSample.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		return this.process.exitValue();
	}

	@Override
	public void close() throws InterruptedException {
		this.process.destroyForcibly().waitFor();
	}

}
