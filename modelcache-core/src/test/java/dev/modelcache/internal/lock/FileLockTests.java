/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.testsupport.ForkedJvm;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of locks, with the operating system's file locks.
 */
class FileLockTests extends CacheLockContractTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@Override
	CacheLockFactory factory() {
		return new FileCacheLockFactory(new LockSettings(TIMEOUT, Duration.ofHours(1)), this.clock,
				this.clock::nanoTime, (channel) -> channel.tryLock(Long.MAX_VALUE - 1, 1, false), this::sleep);
	}

	@Override
	Class<?> holder() {
		return Holder.class;
	}

	private void sleep(long millis) throws InterruptedException {
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		slept(millis);
	}

	@Test
	void freeLockIsTakenWhateverItsNoteSays() throws Exception {
		Files.createDirectories(request().lockFile().getParent());
		Files.writeString(request().lockFile(), note(Duration.ZERO));
		acquire().close();
		assertThat(this.owners).isEmpty();
	}

	private String note(Duration age) {
		return "pid=1\nhost=elsewhere\nsince=%1$s\nheartbeat=%1$s\nend=1\n".formatted(this.clock.instant().minus(age));
	}

	@Test
	void lockFileIsPrivate() throws Exception {
		try (CacheLock held = acquire()) {
			assertThat(held).isNotNull();
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(request().lockFile())))
				.isEqualTo("rw-------");
		}
	}

	/** The file system of the JDK's own classes cannot be written by any user. */
	@Test
	void whereNothingCanBeWrittenNothingIsLocked() {
		LockRequest request = LockRequest.of("m", Path.of(URI.create("jrt:/java.base")).resolve("m.lock"));
		try (CacheLock one = factory().acquire(request, this.owners::add);
				CacheLock other = factory().acquire(request, this.owners::add)) {
			one.heartbeat(null);
			other.heartbeat(null);
		}
		assertThat(this.owners).isEmpty();
	}

	@Test
	void lockOfAnotherProcessEndsWithIt() {
		try (ForkedJvm holder = startHolder()) {
			this.meanwhile = holder::kill;
			acquire().close();
			assertThat(this.owners).singleElement()
				.satisfies((owner) -> assertThat(owner.pid()).isEqualTo(holder.pid()));
		}
	}

	@Test
	void secondUserInThisProcessDoesNotDropTheLockAgainstOtherProcesses() {
		try (CacheLock held = acquire()) {
			held.heartbeat(null);
			boolean[] once = { false };
			this.meanwhile = () -> {
				if (!once[0]) {
					once[0] = true;
					try (ForkedJvm other = ForkedJvm.start(Trier.class, List.of(), request().lockFile())) {
						other.awaitLine("not free", PATIENCE);
					}
					held.close();
				}
			};
			acquire().close();
			assertThat(once[0]).isTrue();
		}
	}

	/** Holds the lock. */
	static final class Holder {

		/**
		 * Takes the lock.
		 * @param arguments the lock file
		 */
		public static void main(String[] arguments) throws IOException {
			hold(new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC()), arguments);
		}

	}

	/** Asks the operating system whether the lock is free. */
	static final class Trier {

		/**
		 * Tries the lock once.
		 * @param arguments the lock file
		 */
		public static void main(String[] arguments) throws IOException {
			try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
				System.out.println((channel.tryLock(Long.MAX_VALUE - 1, 1, false) != null) ? "free" : "not free");
			}
		}

	}

}
