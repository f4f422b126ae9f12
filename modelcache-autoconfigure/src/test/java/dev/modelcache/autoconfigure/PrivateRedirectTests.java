/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Redirects into a private network.
 */
class PrivateRedirectTests {

	private static final String BLOCK = "hooks.llm.download.block-private-redirects=true";

	private final Content content = Content.random(10_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start();

	private final MisbehavingServer inside = MisbehavingServer.start().serve("/secret.gguf", this.content);

	@TempDir
	private Path directory;

	@BeforeEach
	void redirect() {
		this.server.serve("/m.gguf", this.content).always("/m.gguf", redirectTo("127.0.0.1"));
	}

	@AfterEach
	void close() {
		this.server.close();
		this.inside.close();
	}

	private Reply redirectTo(String host) {
		return Reply.redirect(302, "http://" + host + ":" + this.inside.uri("/").getPort() + "/secret.gguf");
	}

	private RunningApplication start(String... more) {
		List<String> all = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		all.add("hooks.llm.startup.mode=none");
		all.add("hooks.llm.max-attempts=1");
		all.addAll(List.of(more));
		return RunningApplication.start(WebApplicationType.NONE, all);
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "localhost", "localhost.", "2130706433", "127.1" })
	void redirectToAPrivateAddressIsRefusedWithoutConnecting(String host) {
		this.server.always("/m.gguf", redirectTo(host));
		try (RunningApplication application = start(BLOCK)) {
			assertThatExceptionOfType(ModelTransferException.class)
				.isThrownBy(() -> application.cache().get("default").block());
			assertThat(this.inside.requests()).isEmpty();
		}
	}

	@Test
	void errorNamesThePropertyThatAllowsIt() {
		try (RunningApplication application = start(BLOCK)) {
			assertThatExceptionOfType(ModelTransferException.class)
				.isThrownBy(() -> application.cache().get("default").block())
				.withMessageContaining("private address")
				.withMessageContaining("block-private-redirects");
		}
	}

	@Test
	void hostThatIsPrivateItselfMayRedirectToItsNetwork() {
		try (RunningApplication application = start()) {
			application.cache().get("default").block();
			assertThat(this.inside.requests()).isNotEmpty();
		}
	}

	@Test
	void redirectWithinTheConfiguredOriginIsFollowed() {
		this.server.serve("/other.gguf", this.content).always("/m.gguf", Reply.redirect(302, "/other.gguf"));
		try (RunningApplication application = start(BLOCK)) {
			application.cache().get("default").block();
		}
	}

}
