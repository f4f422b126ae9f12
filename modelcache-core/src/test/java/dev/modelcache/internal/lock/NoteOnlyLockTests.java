/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;

import dev.modelcache.lock.CacheLockFactory;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of locks on a file system that has none: the owner's note decides.
 */
class NoteOnlyLockTests extends CacheLockContractTests {

	private static final Duration STALE_AFTER = Duration.ofSeconds(30);

	@Override
	CacheLockFactory factory() {
		return new FileCacheLockFactory(new LockSettings(TIMEOUT, STALE_AFTER), this.clock, (channel) -> {
			throw new IOException("No locks available");
		}, this::sleep);
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

	private void leaveNote() throws IOException {
		Files.createDirectories(request().lockFile().getParent());
		Files.writeString(request().lockFile(),
				"pid=1\nhost=elsewhere\nsince=%1$s\nheartbeat=%1$s\nend=1\n".formatted(this.clock.instant()));
	}

	@Test
	void noteWithoutHeartbeatIsVoidAfterAWhile() throws Exception {
		leaveNote();
		this.clock.advance(STALE_AFTER.plusSeconds(1));
		this.meanwhile = () -> {
			throw new AssertionError("the note is void");
		};
		acquire().close();
	}

	@Test
	void freshNoteIsWaitedForUntilItIsVoid() throws Exception {
		leaveNote();
		var begin = this.clock.instant();
		acquire().close();
		assertThat(Duration.between(begin, this.clock.instant())).isGreaterThan(STALE_AFTER);
		assertThat(this.owners).isNotEmpty().allSatisfy((owner) -> assertThat(owner.host()).isEqualTo("elsewhere"));
	}

	/** Holds the lock. */
	static final class Holder {

		/**
		 * Takes the lock.
		 * @param arguments the lock file
		 */
		public static void main(String[] arguments) throws IOException {
			hold(WithoutLocks.factory(LockSettings.defaults()), arguments);
		}

	}

}
