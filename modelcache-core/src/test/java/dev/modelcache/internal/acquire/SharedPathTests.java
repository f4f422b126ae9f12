/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStorageException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Two applications that want different files at one path.
 */
class SharedPathTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content first = Content.random(3 << 20, 1);

	private final Content second = Content.random(3 << 20, 2);

	private final MisbehavingServer server = MisbehavingServer.start()
		.serve("/m.gguf", this.first)
		.serve("/other.gguf", this.second);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ModelRequest.Builder request(String path, Digest digest) {
		return ModelRequest.builder("m")
			.url(this.server.uri(path))
			.expectedDigest(digest)
			.modelPath(this.directory.resolve("model.gguf"));
	}

	private ForkedJvm startFirst(List<String> wrapper) {
		ForkedJvm first = ChildCache.startBy(wrapper, this.server.uri("/m.gguf"), this.first.sha256(), this.directory,
				ChildCache.STAYING);
		first.awaitLine(ChildCache.ENDED, PATIENCE);
		return first;
	}

	@ParameterizedTest
	@ValueSource(strings = { "here", "elsewhere" })
	void secondApplicationFailsWithTheNameOfTheFirstUntilThatIsGone(String host) {
		try (CacheFixture second = new CacheFixture(this.directory)) {
			second.open(request("/other.gguf", this.second.sha256()).build());
			try (ForkedJvm first = startFirst("here".equals(host) ? List.of() : List.of("env", "HOSTNAME=" + host))) {
				assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> second.get("m"))
					.withMessageContaining("process " + first.pid())
					.withMessageContaining(this.first.sha256().toString())
					.withMessageContaining(ChildCache.class.getName())
					.satisfies((failure) -> assertThat(failure.action()).contains("expected-checksum", "Recreate",
							"version"));
				assertThat(second.cache().status("m").state()).isEqualTo(ModelState.FAILED);
				assertThat(this.server.requests("/other.gguf")).isEmpty();
				assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(this.first.bytes()));
				first.kill();
			}
			assertThat(second.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(this.second.bytes()));
		}
		assertThat(this.directory.resolve("locks")).isEmptyDirectory();
	}

	@Test
	void applicationsThatExpectTheSameFileShareIt() {
		try (ForkedJvm first = startFirst(List.of()); CacheFixture second = new CacheFixture(this.directory)) {
			second.open(request("/m.gguf", this.first.sha256()).build());
			assertThat(second.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(first.handle().isAlive()).isTrue();
		}
	}

	@Test
	void twoCachesOfOneProcessAreTwoApplications() {
		try (CacheFixture one = new CacheFixture(this.directory)) {
			one.open(request("/m.gguf", this.first.sha256()).build());
			one.get("m");
			try (CacheFixture two = new CacheFixture(this.directory)) {
				two.open(request("/other.gguf", this.second.sha256()).build());
				assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> two.get("m"))
					.withMessageContaining("process " + ProcessHandle.current().pid());
			}
			assertThat(one.get("m").path()).satisfies(Content.exactly(this.first.bytes()));
			one.cache().evict("m").block(PATIENCE);
			try (CacheFixture two = new CacheFixture(this.directory)) {
				two.open(request("/other.gguf", this.second.sha256()).build());
				assertThat(two.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			}
		}
	}

	@Test
	void fileOfUnknownDigestIsKeptFromThePathWhenItHasCome() {
		try (CacheFixture one = new CacheFixture(this.directory)) {
			one.open(request("/m.gguf", this.first.sha256()).build());
			one.get("m");
			try (CacheFixture two = new CacheFixture(this.directory)) {
				two.open(ModelRequest.builder("m")
					.url(this.server.uri("/other.gguf"))
					.modelPath(this.directory.resolve("model.gguf"))
					.build());
				assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> two.get("m"))
					.withMessageContaining("is in use");
			}
			assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(this.first.bytes()));
		}
	}

	private ModelRequest withFallback() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/new.gguf"))
			.fallbackUrl(this.server.uri("/m.gguf"))
			.modelPath(this.directory.resolve("model.gguf"))
			.build();
	}

	@Test
	void modelTakesThePlaceOfItsFallbackThatAnotherApplicationServes() {
		try (CacheFixture one = new CacheFixture(this.directory); CacheFixture two = new CacheFixture(this.directory)) {
			one.open(withFallback());
			assertThat(one.get("m").fallback()).isTrue();
			two.open(withFallback());
			two.get("m");
			this.server.serve("/new.gguf", this.second);
			assertThat(two.cache().refresh("m").block(PATIENCE)).isNotNull();
			assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(this.second.bytes()));
			assertThat(one.get("m").fallback()).isFalse();
		}
	}

	@Test
	void fallbackTakesThePlaceOfTheModelThatAnotherApplicationServes() {
		this.server.serve("/new.gguf", this.second);
		try (CacheFixture one = new CacheFixture(this.directory); CacheFixture two = new CacheFixture(this.directory)) {
			one.open(withFallback());
			assertThat(one.get("m").fallback()).isFalse();
			two.open(withFallback());
			two.cache().evict("m").block(PATIENCE);
			this.server.always("/new.gguf", Reply.status(404));
			assertThat(two.get("m").fallback()).isTrue();
		}
	}

	@Test
	void markThatDisappearsLeavesTheOthers() throws Exception {
		try (ForkedJvm first = startFirst(List.of())) {
			String mark;
			Path locks = this.directory.resolve("locks");
			try (Stream<Path> files = Files.list(locks)) {
				mark = files.map((file) -> file.getFileName().toString())
					.filter((name) -> name.endsWith(".user"))
					.findFirst()
					.orElseThrow();
			}
			// A name that leads nowhere is what a mark is that was deleted after its name
			// was read.
			for (int i = 0; i < 64; i++) {
				String name = mark.replaceFirst("-[0-9a-f]{8}\\.user", "-%08x.user".formatted(i));
				Files.createSymbolicLink(locks.resolve(name), locks.resolve("gone"));
			}
			try (CacheFixture second = new CacheFixture(this.directory)) {
				second.open(request("/other.gguf", this.second.sha256()).build());
				assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> second.get("m"))
					.withMessageContaining("process " + first.pid());
			}
		}
		assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(this.first.bytes()));
	}

	@Test
	void newVersionOfTheSameSourceIsTakenWhereNoChecksumIsConfigured() {
		ModelRequest request = ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.modelPath(this.directory.resolve("model.gguf"))
			.build();
		try (CacheFixture one = new CacheFixture(this.directory); CacheFixture two = new CacheFixture(this.directory)) {
			one.open(request);
			one.get("m");
			two.open(request);
			two.get("m");
			this.server.serve("/m.gguf", this.second);
			two.cache().refresh("m").block(PATIENCE);
			assertThat(one.get("m").path()).satisfies(Content.exactly(this.second.bytes()));
		}
	}

}
