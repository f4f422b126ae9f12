/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.fail;

/**
 * What every {@link ModelDirectory} does. The files of a version have its text and their
 * own name as their content.
 */
abstract class ModelDirectoryContractTests {

	static final String ONE = "1".repeat(40);

	static final String TWO = "2".repeat(40);

	static final List<ModelFileName> NAMES = List.of(new ModelFileName("onnx/model.onnx"),
			new ModelFileName("config.json"));

	@TempDir
	Path directory;

	ModelStore store;

	/** Returns where the store keeps its files. */
	abstract StoreSettings settings();

	/** Returns where the files of a version stand. */
	abstract ModelDirectory version(String version);

	/** Returns a path at which a file of others prevents the publishing of a version. */
	abstract Path obstacle(ModelDirectory version);

	@BeforeEach
	final void open() {
		this.store = new ModelStore(settings(), new ExclusiveFiles(), Clock.systemUTC());
	}

	@AfterEach
	final void close() {
		this.store.close();
	}

	final ModelPlace place() {
		return this.store.place(ModelRequest.builder("m").url(URI.create("hf://org/repo")).build(), "repo");
	}

	static Content content(String version, ModelFileName name) {
		return Content.of(version + name);
	}

	private ModelDirectory arrived(String version) throws IOException {
		ModelDirectory arrived = version(version);
		for (ModelFileName name : NAMES) {
			try (StagedFile staged = this.store.staging().stageEmpty("m", arrived.arriving(name))) {
				staged.channel().write(ByteBuffer.wrap(content(version, name).bytes()), 0);
				staged.publish((fingerprint) -> receipt(fingerprint, content(version, name).sha256()));
			}
		}
		return arrived;
	}

	private static Receipt receipt(Fingerprint fingerprint, Digest digest) {
		return new Receipt(fingerprint, digest, null, digest, "hf://org/repo", "key", null, false, Instant.EPOCH, null);
	}

	private static void publish(ModelDirectory arrived, String version) throws IOException {
		arrived.publish(manifest(version), Set.copyOf(NAMES), DiskStep::take);
	}

	static ModelManifest manifest(String version) {
		return new ModelManifest(NAMES, version, "hf://org/repo", "key", false);
	}

	private ModelDirectory published(String version) throws IOException {
		ModelDirectory arrived = arrived(version);
		publish(arrived, version);
		return arrived;
	}

	private void assertSeen(String version) {
		assertThat(this.store.seen(place())).singleElement().satisfies((seen) -> {
			assertThat(seen.manifest().revision()).isEqualTo(version);
			assertThat(seen.manifest().files()).isEqualTo(NAMES);
			assertFiles(version, seen.files());
		});
	}

	private void assertFiles(String version, List<ModelPlace> files) throws IOException {
		for (int i = 0; i < NAMES.size(); i++) {
			Content content = content(version, NAMES.get(i));
			assertThat(files.get(i).target()).satisfies(Content.exactly(content.bytes()));
			Fingerprint fingerprint = Fingerprint.of(files.get(i).target());
			assertThat(this.store.receipts().find(files.get(i), fingerprint)).satisfies((receipt) -> {
				assertThat(receipt.fingerprint()).isEqualTo(fingerprint);
				assertThat(receipt.digest()).isEqualTo(content.sha256());
			});
		}
	}

	@Test
	void nothingIsSeenBeforeItIsPublished() throws IOException {
		ModelDirectory arrived = arrived(ONE);
		assertThat(arrived.isVisible()).isFalse();
		assertThat(this.store.seen(place())).isEmpty();
		assertThat(place().target()).doesNotExist();
	}

	@Test
	void publishedFilesAreSeenTogetherWithTheirReceipts() throws IOException {
		ModelDirectory published = published(ONE);
		assertThat(published.isVisible()).isTrue();
		assertSeen(ONE);
		assertFiles(ONE, NAMES.stream().map(published::seen).toList());
	}

	@Test
	void nextVersionIsSeenWhenItIsPublishedAndTheOneBeforeCanStillBeRead() throws IOException {
		ModelDirectory first = published(ONE);
		ModelDirectory second = arrived(TWO);
		assertThat(first.isVisible()).isTrue();
		assertSeen(ONE);
		publish(second, TWO);
		assertThat(second.isVisible()).isTrue();
		assertThat(version(ONE).isVisible()).isFalse();
		assertSeen(TWO);
		assertFiles(ONE, NAMES.stream().map(first::seen).toList());
	}

	@Test
	void publishedTwiceIsSeenOnce() throws IOException {
		published(ONE);
		version(ONE).publish(manifest(ONE), Set.of(), DiskStep::take);
		assertThat(version(ONE).isVisible()).isTrue();
		assertSeen(ONE);
	}

	@Test
	void versionThatLacksAFileIsNotPublishedAndTheOneBeforeIsSeen() throws IOException {
		published(ONE);
		ModelDirectory incomplete = arrived(TWO);
		Files.delete(incomplete.arriving(NAMES.get(1)).target());
		assertThatIOException().isThrownBy(() -> publish(incomplete, TWO)).withMessageContaining("has disappeared");
		assertThat(incomplete.isVisible()).isFalse();
		assertThat(version(ONE).isVisible()).isTrue();
		assertSeen(ONE);
	}

	@Test
	void fileOfOthersStaysAndNothingIsPublished() throws IOException {
		ModelDirectory arrived = arrived(ONE);
		Path theirs = obstacle(arrived);
		Files.createDirectories(theirs.getParent());
		Files.writeString(theirs, "theirs", StandardCharsets.UTF_8);
		assertThatIOException().isThrownBy(() -> publish(arrived, ONE)).withMessageContaining(theirs.toString());
		assertThat(theirs).isRegularFile().hasContent("theirs");
		assertThat(arrived.isVisible()).isFalse();
		assertThat(this.store.seen(place())).isEmpty();
	}

	@Test
	void ownFilesAreNotTaken() throws IOException {
		for (ModelFileName name : NAMES) {
			assertThat(version(ONE).isTaken(name)).isFalse();
		}
		published(ONE);
		for (ModelFileName name : NAMES) {
			assertThat(version(ONE).isTaken(name)).isFalse();
		}
	}

	@Test
	void evictedVersionIsGone() throws IOException {
		ModelDirectory published = published(ONE);
		assertThat(this.store.eviction().evict("m", place(), () -> {
		}, (file) -> fail())).isTrue();
		assertThat(published.isVisible()).isFalse();
		assertThat(this.store.seen(place())).isEmpty();
		for (ModelFileName name : NAMES) {
			assertThat(published.seen(name).target()).doesNotExist();
			assertThat(published.arriving(name).target()).doesNotExist();
			assertThat(published.seen(name).receipt()).doesNotExist();
		}
	}

	@Test
	void allFilesHaveTheLockOfTheModel() {
		assertThat(NAMES).allSatisfy((name) -> {
			assertThat(version(ONE).arriving(name).lockFile()).isEqualTo(place().lockFile());
			assertThat(version(ONE).seen(name).lockFile()).isEqualTo(place().lockFile());
			assertThat(version(ONE).arriving(name).receipt()).isEqualTo(version(ONE).seen(name).receipt());
		});
	}

}
