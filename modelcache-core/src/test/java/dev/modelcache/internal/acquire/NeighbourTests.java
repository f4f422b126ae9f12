/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Another user of the machine who may write to the directory of a model.
 */
class NeighbourTests {

	private static final int MIB = 1 << 20;

	@TempDir
	private Path directory;

	private final Content content = Content.random(3 * MIB, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.bin", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path target() {
		return this.directory.resolve("models/m.bin");
	}

	private ModelRequest request() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/m.bin"))
			.expectedDigest(this.content.sha256())
			.modelPath(target())
			.maxAttempts(1)
			.build();
	}

	private CacheFixture fixture() {
		CacheFixture fixture = new CacheFixture(this.directory.resolve("models"));
		fixture.open(request());
		return fixture;
	}

	private Path victim() throws IOException {
		Files.createDirectories(target().getParent());
		return Files.writeString(this.directory.resolve("victim"), "important");
	}

	private Path lockFile() {
		return target().resolveSibling("m.bin.download.lock");
	}

	/** Leaves a partial of two blocks, and returns it. */
	private Path leavePartial() {
		AtomicInteger asked = new AtomicInteger();
		this.server.answer("/m.bin", (request) -> (asked.getAndIncrement() == 0) ? Reply.ok().closeAfter(2 * MIB + 1000)
				: Reply.status(503));
		try (CacheFixture fixture = fixture()) {
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"));
			this.server.answer("/m.bin", (request) -> Reply.ok());
			List<Path> staged = fixture.stagedFiles();
			assertThat(staged).hasSize(1);
			return staged.get(0);
		}
	}

	private static Path journalOf(Path partial) {
		return partial.resolveSibling(partial.getFileName().toString().replaceAll("part$", "journal"));
	}

	@Test
	void linkInPlaceOfTheLockFileIsNotFollowed() throws Exception {
		Path victim = victim();
		Files.createSymbolicLink(lockFile(), victim);
		try (CacheFixture fixture = fixture()) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining(lockFile().toString());
		}
		assertThat(victim).hasContent("important");
	}

	@Test
	void anotherNameOfAFileIsNoLockFile() throws Exception {
		Path victim = victim();
		Files.createLink(lockFile(), victim);
		try (CacheFixture fixture = fixture()) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
		}
		assertThat(victim).hasContent("important");
	}

	@Test
	void linkInPlaceOfAJournalIsNotFollowed() throws Exception {
		Path victim = victim();
		Path journal = journalOf(leavePartial());
		Files.move(journal, victim, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
		String before = Files.readString(victim);
		Files.createSymbolicLink(journal, victim);
		try (CacheFixture fixture = fixture()) {
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
		assertThat(victim).hasContent(before);
	}

	@Test
	void linkInPlaceOfAPartialIsNeverPublished() throws Exception {
		Path partial = leavePartial();
		Path victim = Files.move(partial, this.directory.resolve("victim"));
		Files.createSymbolicLink(partial, victim);
		byte[] before = Files.readAllBytes(victim);
		try (CacheFixture fixture = fixture()) {
			CachedModel model = fixture.get("m");
			assertThat(Files.isSymbolicLink(model.path())).isFalse();
			assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
			Files.delete(partial);
			Files.delete(journalOf(partial));
		}
		assertThat(victim).satisfies(Content.exactly(before));
	}

	@Test
	void partialThatOthersMayWriteIsNeverPublished() throws Exception {
		Path partial = leavePartial();
		Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rw-rw-rw-"));
		Object planted = Files.getAttribute(partial, "unix:ino");
		try (CacheFixture fixture = fixture()) {
			assertThat(Files.getAttribute(fixture.get("m").path(), "unix:ino")).isNotEqualTo(planted);
			Files.delete(partial);
			Files.delete(journalOf(partial));
		}
	}

	@Test
	void partialWithAnotherNameIsNeverPublished() throws Exception {
		Path partial = leavePartial();
		Path other = Files.createLink(this.directory.resolve("other"), partial);
		try (CacheFixture fixture = fixture()) {
			assertThat(Files.isSameFile(fixture.get("m").path(), other)).isFalse();
			Files.delete(partial);
			Files.delete(journalOf(partial));
		}
	}

	@Test
	void directoriesWithTheNamesOfWorkingFilesDoNotStopADownload() throws Exception {
		victim();
		Files.createDirectory(target().resolveSibling(".m.bin.00000000-1-1-00000000.part"));
		Files.createDirectories(target().resolveSibling(".m.bin.00000000-1-1-00000000.journal/full"));
		try (CacheFixture fixture = fixture()) {
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			Files.delete(target().resolveSibling(".m.bin.00000000-1-1-00000000.part"));
			Files.delete(target().resolveSibling(".m.bin.00000000-1-1-00000000.journal/full"));
			Files.delete(target().resolveSibling(".m.bin.00000000-1-1-00000000.journal"));
		}
	}

}
