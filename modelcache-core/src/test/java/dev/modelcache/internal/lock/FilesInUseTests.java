/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.internal.FileAccess;
import dev.modelcache.testsupport.ForkedJvm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link FilesInUse}.
 */
class FilesInUseTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private Path mark;

	private final FilesInUse mine = new FilesInUse(FileAccess.PRIVATE);

	private final FilesInUse another = new FilesInUse(FileAccess.PRIVATE);

	@BeforeEach
	void findMark() throws IOException {
		this.mark = this.directory.toRealPath().resolve("file.use");
	}

	@AfterEach
	void close() {
		this.mine.close();
		this.another.close();
	}

	private boolean isRemovable() throws IOException {
		return this.mine.ifUnused(this.mark, () -> {
		});
	}

	@Test
	void fileThatNobodyUsesIsRemovable() throws Exception {
		assertThat(isRemovable()).isTrue();
		assertThat(isRemovable()).isTrue();
	}

	@Test
	void fileIsInUseUntilItsLastUserEnds() throws Exception {
		FilesInUse third = new FilesInUse(FileAccess.PRIVATE);
		this.another.use(this.mark);
		this.another.use(this.mark);
		third.use(this.mark);
		assertThat(isRemovable()).isFalse();
		this.another.close();
		assertThat(isRemovable()).isFalse();
		third.close();
		assertThat(isRemovable()).isTrue();
	}

	@Test
	void userInAnotherProcessIsSeenAndEndsWithIt() throws Exception {
		try (ForkedJvm user = ForkedJvm.start(User.class, List.of(), this.mark)) {
			user.awaitLine("used", PATIENCE);
			assertThat(isRemovable()).isFalse();
			this.another.use(this.mark);
			user.kill();
			this.another.close();
			assertThat(isRemovable()).isTrue();
		}
	}

	@Test
	void attemptToRemoveDoesNotDropTheUseAgainstOtherProcesses() throws Exception {
		this.another.use(this.mark);
		assertThat(isRemovable()).isFalse();
		try (ForkedJvm remover = ForkedJvm.start(Remover.class, List.of(), this.mark)) {
			remover.awaitLine("in use", PATIENCE);
		}
	}

	@Test
	void useWaitsForTheEndOfARemoval() throws Exception {
		CountDownLatch began = new CountDownLatch(1);
		Path file = Files.createFile(this.directory.resolve("file"));
		CompletableFuture<Boolean> sawIt = CompletableFuture.supplyAsync(() -> {
			try {
				began.await();
				this.another.use(this.mark);
				return Files.exists(file);
			}
			catch (IOException | InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		});
		this.mine.ifUnused(this.mark, () -> {
			began.countDown();
			Files.delete(file);
		});
		assertThat(sawIt.join()).isFalse();
		assertThat(isRemovable()).isFalse();
	}

	@Test
	void removalThatFailsIsOver() throws Exception {
		assertThatIOException().isThrownBy(() -> this.mine.ifUnused(this.mark, () -> {
			throw new IOException("busy");
		}));
		assertThat(isRemovable()).isTrue();
	}

	@Test
	void whereThereAreNoLocksNothingIsRemovable() throws Exception {
		FileLocking none = (channel) -> {
			throw new IOException("No locks available");
		};
		try (FilesInUse files = new FilesInUse(none, none)) {
			assertThat(files.ifUnused(this.mark, () -> {
			})).isFalse();
			files.use(this.mark);
			assertThat(isRemovable()).isFalse();
		}
	}

	@Test
	void markWhoseDiskHangsHoldsUpNoOther() throws Exception {
		CountDownLatch hung = new CountDownLatch(1);
		CountDownLatch answers = new CountDownLatch(1);
		FileLocking hanging = (channel) -> {
			hung.countDown();
			try {
				answers.await();
			}
			catch (InterruptedException ex) {
				throw new IOException(ex);
			}
			return channel.tryLock(0, Long.MAX_VALUE, true);
		};
		FilesInUse held = new FilesInUse(hanging, FileLocking.SYSTEM);
		CompletableFuture<Void> use = CompletableFuture.runAsync(() -> {
			try {
				held.use(this.mark);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		});
		hung.await();
		CompletableFuture<Boolean> others = CompletableFuture.supplyAsync(() -> {
			try {
				Path other = this.mark.resolveSibling("other.use");
				this.another.use(other);
				this.another.close();
				held.close();
				return this.mine.ifUnused(other, () -> {
				});
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		});
		assertThat(others).succeedsWithin(PATIENCE).isEqualTo(true);
		assertThat(isRemovable()).isFalse();
		answers.countDown();
		assertThat(use).succeedsWithin(PATIENCE);
		assertThat(isRemovable()).as("what was used by a cache that is closed").isTrue();
	}

	@Test
	void fileThatIsLeftIsRemovable() throws Exception {
		this.mine.use(this.mark);
		this.mine.leave(this.mark);
		assertThat(isRemovable()).isTrue();
	}

	@Test
	void markCanBeReadByThoseWhoMayUseTheFile() throws Exception {
		this.mine.use(this.mark);
		assertThat(Files.getPosixFilePermissions(this.mark)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
		try (FilesInUse shared = new FilesInUse(FileAccess.GROUP)) {
			Path mark = this.directory.resolve("shared");
			shared.use(mark);
			assertThat(Files.getPosixFilePermissions(mark)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
		}
	}

	/** Uses a file until it is killed. */
	static final class User {

		/**
		 * Uses the file.
		 * @param arguments its mark
		 */
		public static void main(String[] arguments) throws IOException, InterruptedException {
			try (FilesInUse files = new FilesInUse(FileAccess.PRIVATE)) {
				files.use(Path.of(arguments[0]));
				System.out.println("used");
				new CountDownLatch(1).await();
			}
		}

	}

	/** Tries to remove a file. */
	static final class Remover {

		/**
		 * Tries it once.
		 * @param arguments the file's mark
		 */
		public static void main(String[] arguments) throws IOException {
			try (FilesInUse files = new FilesInUse(FileAccess.PRIVATE)) {
				System.out.println(files.ifUnused(Path.of(arguments[0]), () -> {
				}) ? "not in use" : "in use");
			}
		}

	}

}
