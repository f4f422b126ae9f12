/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import dev.modelcache.DigestOrigin;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.Mirror;
import java.util.stream.Stream;
import java.util.Map;
import java.util.List;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.acquire.Standing.Absent;
import dev.modelcache.internal.acquire.Standing.Foreign;
import dev.modelcache.internal.acquire.Standing.Provable;
import dev.modelcache.internal.acquire.Standing.Ready;
import dev.modelcache.internal.acquire.Standing.Stale;
import dev.modelcache.internal.acquire.Standing.Unproven;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ModelIndex} and {@link ModelProof}: what stands at a model's place,
 * and what it takes to know.
 */
class ModelIndexTests {

	private static final URI URL = URI.create("https://example.com/m.gguf");

	@TempDir
	private Path directory;

	private final Content content = Content.random(3 << 20, 1);

	private final AtomicInteger pieces = new AtomicInteger();

	private ModelStore store;

	@BeforeEach
	void open() {
		this.store = new ModelStore(
				new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.FINGERPRINT),
				new ExclusiveFiles(), Clock.systemUTC());
	}

	@AfterEach
	void close() {
		this.store.close();
	}

	private Path modelPath() {
		return this.directory.resolve("mine.gguf");
	}

	private ModelRequest.Builder cached() {
		return ModelRequest.builder("m").url(URL).expectedDigest(this.content.sha256());
	}

	private ModelRequest.Builder atModelPath() {
		return ModelRequest.builder("m").url(URL).modelPath(modelPath());
	}

	private ModelIndex index(ModelRequest.Builder request) {
		return new ModelIndex(this.store, Candidate.of(request.build()).get(0));
	}

	private ModelProof proof(ModelIndex index) {
		FormatCheck formats = new FormatCheck(FormatSettings.none());
		return new ModelProof(this.store, index, formats, new ExternalData(this.store, index, formats, Set::of),
				new AcquisitionObserver() {
				}, Clock.systemUTC(), (bytes, total) -> this.pieces.incrementAndGet());
	}

	private Path put(ModelIndex index, Content content) throws IOException {
		Path target = index.place().target();
		Files.createDirectories(target.getParent());
		return Files.write(target, content.bytes());
	}

	private CachedModel proved(ModelIndex index) {
		return proof(index).prove((Provable) index.look());
	}

	@Test
	void whereThereIsNothingItIsAbsent() {
		assertThat(index(cached()).look()).isEqualTo(new Absent());
		assertThat(index(atModelPath()).look()).isEqualTo(new Absent());
	}

	@Test
	void lookingReadsNoFile() throws IOException {
		ModelIndex index = index(cached());
		put(index, this.content);
		assertThat(index.look()).isInstanceOf(Provable.class).isEqualTo(index.look());
		assertThat(this.pieces).hasValue(0);
	}

	@Test
	void provedFileIsReadyFromThenOn() throws IOException {
		ModelIndex index = index(cached());
		put(index, this.content);
		CachedModel model = proved(index);
		assertThat(this.pieces).hasValueGreaterThanOrEqualTo(3);
		assertThat(index.look()).isEqualTo(new Ready(model));
	}

	@Test
	void fileWithOtherContentIsNotTheModel() throws IOException {
		ModelIndex index = index(cached());
		put(index, Content.random(3 << 20, 2));
		assertThat(proved(index)).isNull();
		assertThat(index.look().unproved()).isInstanceOf(Stale.class);
	}

	@Test
	void touchedFileMustBeReadAgain() throws IOException {
		ModelIndex index = index(cached());
		Path file = put(index, this.content);
		proved(index);
		Standing before = index.look();
		Files.setLastModifiedTime(file, FileTime.fromMillis(1));
		assertThat(index.look()).isInstanceOf(Provable.class).isNotEqualTo(before);
		assertThat(proved(index)).isNotNull();
		assertThat(index.look()).isInstanceOf(Ready.class);
	}

	@Test
	void fileOfWhichNothingIsKnownIsUnproven() throws IOException {
		ModelIndex index = index(ModelRequest.builder("m").url(URL));
		put(index, this.content);
		assertThat(index.look()).isInstanceOfSatisfying(Unproven.class, (file) -> assertThat(file.foreign()).isFalse());
		ModelIndex chosen = index(atModelPath());
		put(chosen, this.content);
		assertThat(chosen.look()).isInstanceOfSatisfying(Unproven.class, (file) -> assertThat(file.foreign()).isTrue());
	}

	@Test
	void usersFileWithAnotherDigestIsForeign() throws IOException {
		ModelIndex index = index(atModelPath().expectedDigest(this.content.sha256()));
		put(index, Content.random(3 << 20, 2));
		assertThat(proved(index)).isNull();
		assertThat(index.look().unproved()).isInstanceOfSatisfying(Foreign.class, (foreign) -> {
			assertThat(foreign.changed()).isFalse();
			assertThat(proof(index).proveOurs(foreign)).isFalse();
		});
	}

	@Test
	void directoryAtAChosenPathIsForeign() throws IOException {
		Files.createDirectories(modelPath());
		assertThat(index(atModelPath()).look()).isInstanceOf(Foreign.class);
	}

	@Test
	void fileOfWhichMirrorsStateSeveralDigestsIsReadOnce() throws IOException {
		ModelIndex index = index(ModelRequest.builder("m").url(URL));
		put(index, this.content);
		List<Mirror> mirrors = Stream.of(Content.random(1, 2), Content.random(1, 3), this.content)
			.map((stated) -> new Mirror(URL, Map.of())
				.stating(new ExpectedDigest(stated.sha256(), DigestOrigin.SOURCE)))
			.toList();
		CachedModel model = proof(index)
			.proved(new FileJob(index.candidate(), new RemoteFile("m.gguf", mirrors, null, null), index.place(), true));
		assertThat(model).isNotNull();
		assertThat(model.verified()).isTrue();
		assertThat(this.pieces).as("the beginning and three MiB").hasValue(4);
	}

}
