/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static dev.modelcache.CacheOptions.Verification.FINGERPRINT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Files that moved with their sealed records, and records that cannot be kept.
 */
@ExtendWith(OutputCaptureExtension.class)
class SealedModelTests {

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final Content sameSize = Content.random(100_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final List<Boolean> verifications = new CopyOnWriteArrayList<>();

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path target() {
		return this.directory.resolve("models/m.gguf");
	}

	private Path record() {
		return target().resolveSibling(".m.gguf.sealed");
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).modelPath(target());
	}

	private ModelRequest.Builder withDigest() {
		return request().expectedDigest(this.content.sha256());
	}

	private CacheFixture fixture(Path cache, boolean seal) {
		return new CacheFixture(cache)
			.store(new StoreSettings(cache, DataSize.ofMegabytes(1), FINGERPRINT).withSeals(seal, true))
			.verifications(this.verifications);
	}

	private CachedModel get(String cache, boolean seal, ModelRequest.Builder request) {
		this.verifications.clear();
		try (CacheFixture fixture = fixture(this.directory.resolve(cache), seal)) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	/** As {@code cp -a} into a layer does, which keeps full seconds. */
	private void move() throws Exception {
		Path copy = Files.copy(target(), target().resolveSibling("copy"));
		Files.setLastModifiedTime(copy, FileTime.from(Instant.ofEpochSecond(1_700_000_000)));
		Files.delete(target());
		Files.move(copy, target());
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void fileThatMovedIsReadOnceAndRemembered(boolean configured) throws Exception {
		assertThat(get("built", true, withDigest()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		move();
		ModelRequest.Builder request = configured ? withDigest() : request();
		CachedModel moved = get("started", false, request);
		assertThat(moved.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(moved.verified()).isTrue();
		assertThat(this.verifications).containsExactly(true);
		get("started", false, request);
		assertThat(this.verifications).isEmpty();
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
	}

	@Test
	void wrongBytesBesideARecordAreNotTheModel() throws Exception {
		get("built", true, withDigest());
		Files.write(target(), this.sameSize.bytes());
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> get("started", false, withDigest()))
			.withMessageContaining("model-path-conflict");
		assertThat(get("other", false, request()).verified()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "models", "models/m.gguf", "models/.m.gguf.sealed" })
	void whatOthersCanChangeVerifiesNothing(String shared) throws Exception {
		get("built", true, withDigest());
		Files.setPosixFilePermissions(this.directory.resolve(shared), PosixFilePermissions.fromString("rwxrwxrwx"));
		move();
		if (shared.equals("models/m.gguf")) {
			Files.setPosixFilePermissions(target(), PosixFilePermissions.fromString("rwxrwxrwx"));
		}
		CachedModel model = get("started", false, request());
		assertThat(model.verified()).isFalse();
		assertThat(get("configured", false, withDigest()).verified()).isTrue();
	}

	@Test
	void modelThatIsThereIsSealedWithoutBeingRead() {
		get("built", false, withDigest());
		assertThat(record()).doesNotExist();
		get("built", true, withDigest());
		assertThat(this.verifications).isEmpty();
		assertThat(record()).isRegularFile();
	}

	@Test
	void recordGoesWhenAnotherFileIsPublished() {
		get("built", true, request());
		this.server.serve("/m.gguf", this.sameSize);
		try (CacheFixture fixture = fixture(this.directory.resolve("built"), false)) {
			fixture.open(request().build());
			fixture.get("m");
			assertThat(fixture.cache().refresh("m").block(CacheFixture.PATIENCE)).isNotNull();
		}
		assertThat(target()).satisfies(Content.exactly(this.sameSize.bytes()));
		assertThat(record()).doesNotExist();
	}

	@Test
	void recordGoesWithItsFile() {
		try (CacheFixture fixture = fixture(this.directory.resolve("built"), true)) {
			fixture.open(withDigest().build());
			fixture.get("m");
			assertThat(record()).exists();
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
		}
		assertThat(target()).doesNotExist();
		assertThat(record()).doesNotExist();
	}

	@Test
	void recordGoesWhenTheFileIsFoundToBeWrong() throws Exception {
		try (CacheFixture fixture = fixture(this.directory.resolve("built"), true)) {
			fixture.open(withDigest().build());
			fixture.get("m");
			Files.write(target(), this.sameSize.bytes());
			assertThatExceptionOfType(ModelIntegrityException.class)
				.isThrownBy(() -> fixture.cache().verify("m").block(CacheFixture.PATIENCE));
		}
		assertThat(record()).doesNotExist();
	}

	/** No user can create a directory below a file. */
	@Test
	void whatCannotBeKeptIsSaidOnceAndHoldsForTheProcess(CapturedOutput output) throws Exception {
		Files.createDirectories(target().resolveSibling(""));
		Files.write(target(), this.content.bytes());
		Path nowhere = Files.createFile(this.directory.resolve("file")).resolve("cache");
		try (CacheFixture fixture = fixture(nowhere, false)) {
			fixture.open(withDigest().build());
			assertThat(fixture.get("m").verified()).isTrue();
			assertThat(fixture.get("m").verified()).isTrue();
			assertThat(this.verifications).containsExactly(true);
		}
		assertThat(output.toString().split("The receipt of ", -1)).hasSize(2);
		assertThat(output).contains("The receipt of " + target())
			.contains("hooks.llm.cache.directory")
			.contains("hooks.llm.cache.seal");
	}

	@Test
	void recordIsWrittenAlsoWhereNothingElseCanBeKept() throws Exception {
		Path nowhere = Files.createFile(this.directory.resolve("file")).resolve("cache");
		try (CacheFixture fixture = fixture(nowhere, true)) {
			fixture.open(withDigest().build());
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
		assertThat(record()).isRegularFile();
	}

}
