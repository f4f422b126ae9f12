/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.LockOwner;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.TransferProgress;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.OddFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The contract of locks on a file system that has none: the owner's note decides.
 */
class NoteOnlyLockTests extends CacheLockContractTests {

	private static final FileLocking NONE = (channel) -> {
		throw new IOException("No locks available");
	};

	private static final Duration STALE_AFTER = Duration.ofSeconds(30);

	private final Instant begin = this.clock.instant();

	@Override
	CacheLockFactory factory() {
		return new FileCacheLockFactory(new LockSettings(TIMEOUT, STALE_AFTER), this.clock, this.clock::nanoTime, NONE,
				this::sleep);
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
				"pid=1\nhost=elsewhere\nsince=%s\nheartbeat=%s\nend=1\n".formatted(this.begin, this.clock.instant()));
	}

	/** An old note is watched for ten seconds, a young one for thirty. */
	@ParameterizedTest
	@CsvSource({ "61, 10", "59, 30" })
	void noteWithoutHeartbeatIsVoidAfterAWhile(int minutes, int seconds) throws Exception {
		leaveNote();
		this.clock.advance(Duration.ofMinutes(minutes));
		Instant before = this.clock.instant();
		patient().acquire(request(), this.owners::add).close();
		assertThat(Duration.between(before, this.clock.instant())).isBetween(Duration.ofSeconds(seconds),
				Duration.ofSeconds(seconds + 2));
	}

	private CacheLockFactory patient() {
		return new FileCacheLockFactory(LockSettings.defaults(), this.clock, this.clock::nanoTime, NONE, this::sleep);
	}

	@ParameterizedTest
	@ValueSource(strings = { "PT2H", "-PT2H" })
	void clockThatIsSetLeavesHoldersElsewhereTheirLocks(Duration jump) throws Exception {
		leaveNote();
		this.clock.set(jump);
		List<LockOwner> seen = new ArrayList<>();
		this.meanwhile = () -> {
			try {
				this.clock.set(jump.negated());
				leaveNote();
				this.clock.set(jump);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		};
		CacheLockFactory factory = new FileCacheLockFactory(new LockSettings(TIMEOUT, Duration.ofHours(1)), this.clock,
				this.clock::nanoTime, NONE, this::sleep);
		assertThatExceptionOfType(ModelLockTimeoutException.class)
			.isThrownBy(() -> factory.acquire(request(), seen::add));
		assertThat(seen).hasSizeGreaterThan(10);
	}

	@ParameterizedTest
	@ValueSource(strings = { "PT2H", "-PT2H" })
	void clockThatIsSetDoesNotKeepTheLocksOfTheDead(Duration jump) throws Exception {
		leaveNote();
		this.meanwhile = () -> {
			this.clock.set(jump);
			this.meanwhile = () -> {
			};
		};
		long begin = this.clock.nanoTime();
		patient().acquire(request(), this.owners::add).close();
		assertThat(Duration.ofNanos(this.clock.nanoTime() - begin)).isBetween(Duration.ofSeconds(10),
				Duration.ofSeconds(32));
	}

	@Test
	void freshNoteIsWaitedForUntilItIsVoid() throws Exception {
		leaveNote();
		acquire().close();
		assertThat(Duration.between(this.begin, this.clock.instant())).isGreaterThan(STALE_AFTER);
		assertThat(this.owners).isNotEmpty().allSatisfy((owner) -> assertThat(owner.host()).isEqualTo("elsewhere"));
	}

	private ForkedJvm startHolderElsewhere() {
		ForkedJvm holder = ForkedJvm.startBy(List.of("env", "HOSTNAME=elsewhere"), Holder.class, List.of(),
				request().lockFile());
		holder.awaitLine("held", PATIENCE);
		return holder;
	}

	@Test
	void holderThatWasKilledIsFollowedAtOnce() {
		try (ForkedJvm holder = startHolder()) {
			holder.kill();
			this.meanwhile = () -> {
				throw new AssertionError("its process has ended");
			};
			acquire().close();
		}
	}

	@Test
	void holderThatRunsIsNeverTakenOverHoweverOldItsNoteIs() {
		try (ForkedJvm holder = startHolder()) {
			this.clock.advance(Duration.between(this.clock.instant(), Instant.now().plus(Duration.ofDays(2))));
			assertThatExceptionOfType(ModelLockTimeoutException.class).isThrownBy(this::acquire)
				.satisfies((failure) -> assertThat(failure.owner().pid()).isEqualTo(holder.pid()));
			assertThat(request().lockFile()).content().contains("pid=" + holder.pid() + "\n");
		}
	}

	@Test
	void killedHolderOfAnotherContainerIsFollowedWhenThreeHeartbeatsHaveNotCome() {
		try (ForkedJvm holder = startHolderElsewhere()) {
			holder.kill();
			patient().acquire(request(), this.owners::add).close();
			assertThat(Duration.between(this.begin, this.clock.instant())).isBetween(Duration.ofSeconds(30),
					Duration.ofSeconds(32));
			assertThat(this.owners).isNotEmpty().allSatisfy((owner) -> assertThat(owner.host()).isEqualTo("elsewhere"));
		}
	}

	@Test
	void holderOfAnotherContainerIsWaitedForAsLongAsItsHeartbeatsCome() throws Exception {
		leaveNote();
		this.meanwhile = () -> {
			try {
				leaveNote();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		};
		assertThatExceptionOfType(ModelLockTimeoutException.class).isThrownBy(this::acquire);
	}

	@Test
	void noteThatDecidesIsOnTheDiskAsSoonAsItIsWritten() {
		OddFileSystem network = new OddFileSystem(this.directory.getFileSystem());
		List<String> seenElsewhere = new ArrayList<>();
		network.whenForced((file) -> seenElsewhere.add(contentOf(file)));
		LockRequest request = LockRequest.of("m", network.path(request().lockFile()));
		try (CacheLock lock = factory().acquire(request, this.owners::add)) {
			assertThat(seenElsewhere).containsExactly(contentOf(request().lockFile()));
			lock.heartbeat(TransferProgress.of(10, 100L, 5));
			assertThat(seenElsewhere).hasSize(2).last().isEqualTo(contentOf(request().lockFile()));
			assertThat(seenElsewhere).last().asString().contains("bytes=10\n");
		}
	}

	private static String contentOf(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void killedHolderIsFollowedAlsoByWaitsThatAreAllTooShort() throws Exception {
		leaveNote();
		CacheLockFactory hasty = new FileCacheLockFactory(new LockSettings(Duration.ZERO, Duration.ofHours(1)),
				this.clock, this.clock::nanoTime, NONE, this::sleep);
		assertThatExceptionOfType(ModelLockTimeoutException.class)
			.isThrownBy(() -> hasty.acquire(request(), this.owners::add));
		this.clock.advance(Duration.ofSeconds(29));
		assertThatExceptionOfType(ModelLockTimeoutException.class)
			.isThrownBy(() -> hasty.acquire(request(), this.owners::add));
		this.clock.advance(Duration.ofSeconds(1));
		hasty.acquire(request(), this.owners::add).close();
	}

	@Test
	void heartbeatBetweenTwoWaitsCounts() throws Exception {
		leaveNote();
		CacheLockFactory hasty = new FileCacheLockFactory(new LockSettings(Duration.ZERO, Duration.ofHours(1)),
				this.clock, this.clock::nanoTime, NONE, this::sleep);
		for (int i = 0; i < 3; i++) {
			assertThatExceptionOfType(ModelLockTimeoutException.class)
				.isThrownBy(() -> hasty.acquire(request(), this.owners::add));
			this.clock.advance(Duration.ofSeconds(31));
			leaveNote();
		}
	}

	@Test
	void unreadableNoteIsVoidWhenItsFileIsOld() throws Exception {
		Files.createDirectories(request().lockFile().getParent());
		Files.writeString(request().lockFile(), "pid=1\nhost=else");
		CacheLockFactory hasty = new FileCacheLockFactory(new LockSettings(Duration.ZERO, Duration.ofHours(1)),
				this.clock, this.clock::nanoTime, NONE, this::sleep);
		Files.setLastModifiedTime(request().lockFile(), FileTime.from(this.begin.minus(Duration.ofMinutes(59))));
		assertThatExceptionOfType(ModelLockTimeoutException.class)
			.isThrownBy(() -> hasty.acquire(request(), this.owners::add));
		Files.setLastModifiedTime(request().lockFile(), FileTime.from(this.begin.minus(Duration.ofMinutes(61))));
		this.clock.advance(Duration.ofSeconds(10));
		hasty.acquire(request(), this.owners::add).close();
	}

	@Test
	void noteThatIsBeingWrittenCounts() throws Exception {
		leaveNote();
		Path note = request().lockFile();
		String text = Files.readString(note);
		Files.writeString(note, text.substring(0, text.length() / 2));
		this.meanwhile = () -> {
			try {
				Files.writeString(note, "");
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		};
		acquire().close();
		assertThat(this.clock.instant()).isAfter(this.begin);
	}

	@Test
	void holderThatWasTakenOverLeavesTheNoteOfItsSuccessor() throws Exception {
		CacheLock paused = acquire();
		leaveNote();
		String note = Files.readString(request().lockFile());
		paused.heartbeat(null);
		assertThat(request().lockFile()).hasContent(note);
		paused.close();
		assertThat(request().lockFile()).hasContent(note);
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
