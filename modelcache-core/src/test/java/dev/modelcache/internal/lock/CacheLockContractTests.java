/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.modelcache.LockOwner;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.TransferProgress;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What every {@link CacheLockFactory} does. Waiting takes no time: each sleep moves the
 * clock and does what the test wants to happen meanwhile.
 */
abstract class CacheLockContractTests {

	static final Duration TIMEOUT = Duration.ofMinutes(1);

	static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	Path directory;

	final ManualClock clock = new ManualClock();

	/** What happens while somebody sleeps. */
	Runnable meanwhile = () -> {
	};

	final List<LockOwner> owners = new ArrayList<>();

	/** Returns a factory that calls {@link #slept} instead of sleeping. */
	abstract CacheLockFactory factory();

	/**
	 * Returns the main class of a process that {@linkplain #hold holds} the lock of the
	 * file that it is given.
	 */
	abstract Class<?> holder();

	/** Holds a lock until this process is told to release it. */
	static void hold(CacheLockFactory factory, String[] arguments) throws IOException {
		try (CacheLock lock = factory.acquire(LockRequest.of("m", Path.of(arguments[0])), (owner) -> {
		})) {
			lock.heartbeat(null);
			System.out.println("held");
			System.in.read();
		}
		System.out.println("released");
	}

	final ForkedJvm startHolder() {
		ForkedJvm holder = ForkedJvm.start(holder(), List.of(), request().lockFile());
		holder.awaitLine("held", PATIENCE);
		return holder;
	}

	final void slept(long millis) {
		this.clock.advance(Duration.ofMillis(millis));
		this.meanwhile.run();
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	final LockRequest request() {
		return LockRequest.of("m", this.directory.resolve("locks/m.lock"));
	}

	final CacheLock acquire() {
		return factory().acquire(request(), this.owners::add);
	}

	@Test
	void freeLockIsTakenAtOnce() {
		this.meanwhile = () -> {
			throw new AssertionError("nobody holds it");
		};
		acquire().close();
		acquire().close();
		assertThat(this.owners).isEmpty();
	}

	@Test
	void heldLockIsWaitedForUntilItsRelease() {
		CacheLock held = acquire();
		boolean[] released = { false };
		this.meanwhile = () -> {
			released[0] = true;
			held.close();
		};
		try (CacheLock next = acquire()) {
			assertThat(next).isNotNull();
			assertThat(released[0]).isTrue();
		}
	}

	@Test
	void lockOfOneThreadIsWaitedForByAnotherAndReleasedByAny() throws Exception {
		CacheLock held = acquire();
		CountDownLatch waiting = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		this.meanwhile = () -> {
			waiting.countDown();
			await(released);
		};
		CompletableFuture<CacheLock> next = CompletableFuture.supplyAsync(this::acquire);
		await(waiting);
		assertThat(next).isNotDone();
		held.close();
		released.countDown();
		next.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).close();
		assertThat(request().lockFile()).isEmptyFile();
		acquire().close();
	}

	@Test
	void lockOfAnotherProcessIsWaitedForUntilItsRelease() {
		try (ForkedJvm holder = startHolder()) {
			this.meanwhile = () -> {
				this.meanwhile = () -> {
				};
				holder.tell("release");
				holder.awaitLine("released", PATIENCE);
			};
			acquire().close();
			assertThat(this.owners).isNotEmpty().allSatisfy((owner) -> assertThat(owner.pid()).isEqualTo(holder.pid()));
		}
	}

	@Test
	void waitingTellsWhoHoldsItAndHowFar() {
		CacheLock held = acquire();
		held.heartbeat(TransferProgress.of(10, 100L, 5));
		this.meanwhile = held::close;
		acquire().close();
		assertThat(this.owners).singleElement().satisfies((owner) -> {
			assertThat(owner.pid()).isEqualTo(ProcessHandle.current().pid());
			assertThat(owner.host()).isEqualTo(HostName.current());
			assertThat(owner.progress()).isEqualTo(TransferProgress.of(10, 100L, 5));
		});
	}

	@Test
	void waitEndsWhenTheOwnerMakesNoProgressAndSaysWhoThatIs() {
		try (CacheLock held = acquire()) {
			held.heartbeat(TransferProgress.of(10, 100L, 5));
			assertThatExceptionOfType(ModelLockTimeoutException.class).isThrownBy(this::acquire)
				.withMessage("Model 'm': process " + ProcessHandle.current().pid() + " on " + HostName.current()
						+ " (since 2026-01-02T03:04:05Z) holds the lock " + request().lockFile()
						+ " and has made no progress for 60 s. Terminate that process if it hangs, or increase "
						+ "hooks.llm.lock.timeout; the lock file does not have to be deleted.");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "PT2H", "-PT2H" })
	void clockThatIsSetDoesNotCountAsWaiting(Duration jump) {
		try (CacheLock held = acquire()) {
			held.heartbeat(TransferProgress.of(10, 100L, 5));
			this.meanwhile = () -> {
				this.clock.set(jump);
				this.meanwhile = () -> {
				};
			};
			long begin = this.clock.nanoTime();
			assertThatExceptionOfType(ModelLockTimeoutException.class).isThrownBy(this::acquire);
			assertThat(Duration.ofNanos(this.clock.nanoTime() - begin)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(2));
		}
	}

	@Test
	void waitGoesOnAsLongAsTheOwnerMakesProgress() {
		CacheLock held = acquire();
		Duration[] waited = { Duration.ZERO };
		long[] bytes = { 0 };
		this.meanwhile = () -> {
			waited[0] = waited[0].plusSeconds(30);
			this.clock.advance(Duration.ofSeconds(30));
			held.heartbeat(TransferProgress.of(++bytes[0], 100L, 1));
			if (waited[0].compareTo(TIMEOUT.multipliedBy(10)) > 0) {
				held.close();
			}
		};
		acquire().close();
		assertThat(this.owners).hasSizeGreaterThan(10);
	}

	@Test
	void waitGoesOnWhileTheOwnerWaitsForOtherModels() {
		CacheLock held = acquire();
		Duration[] waited = { Duration.ZERO };
		this.meanwhile = () -> {
			waited[0] = waited[0].plusSeconds(30);
			this.clock.advance(Duration.ofSeconds(30));
			held.queued();
			if (waited[0].compareTo(TIMEOUT.multipliedBy(10)) > 0) {
				held.close();
			}
		};
		acquire().close();
		assertThat(this.owners).hasSizeGreaterThan(10).last().extracting(LockOwner::queued).isEqualTo(true);
	}

	@Test
	void ownerThatShowedThatItWaitsAndShowsNothingAnyMoreIsNotAwaited() {
		try (CacheLock held = acquire()) {
			held.queued();
			assertThatExceptionOfType(ModelLockTimeoutException.class).isThrownBy(this::acquire);
		}
	}

	@Test
	void heartbeatWithoutProgressDoesNotExtendTheWait() {
		try (CacheLock held = acquire()) {
			this.meanwhile = () -> held.heartbeat(TransferProgress.of(10, 100L, 5));
			assertThatExceptionOfType(ModelLockTimeoutException.class).isThrownBy(this::acquire);
		}
	}

	@Test
	void anotherOwnerStartsTheWaitAgain() {
		CacheLock first = acquire();
		List<CacheLock> second = new ArrayList<>();
		this.meanwhile = () -> {
			this.clock.advance(TIMEOUT.minusSeconds(2));
			if (second.isEmpty()) {
				first.close();
				this.meanwhile = () -> {
				};
				second.add(factory().acquire(request(), (owner) -> {
				}));
				this.meanwhile = second.get(0)::close;
			}
		};
		acquire().close();
		assertThat(second).hasSize(1);
	}

	@Test
	void lockFileStaysAndIsEmptyAfterTheRelease() {
		acquire().close();
		assertThat(request().lockFile()).isEmptyFile();
	}

	@Test
	void closedTwiceReleasesOnce() {
		CacheLock first = acquire();
		first.close();
		try (CacheLock second = acquire()) {
			first.close();
			first.heartbeat(null);
			this.meanwhile = second::close;
			acquire().close();
			assertThat(this.owners).isNotEmpty();
		}
	}

	@Test
	void foreignTextInTheFileIsTolerated() throws Exception {
		Files.createDirectories(request().lockFile().getParent());
		Files.writeString(request().lockFile(), "\u0000pid=x\nhost\n".repeat(1000));
		acquire().close();
		assertThat(request().lockFile()).isEmptyFile();
	}

	@Test
	void directoryThatCannotBeMadeIsAClearError() throws Exception {
		Files.writeString(this.directory.resolve("locks"), "a file, not a directory");
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(this::acquire)
			.withMessageContaining("the lock file " + request().lockFile() + " cannot be used");
	}

	@Test
	void interruptEndsTheWaitAndStaysSet() {
		try (CacheLock held = acquire()) {
			this.meanwhile = () -> Thread.currentThread().interrupt();
			assertThatExceptionOfType(ModelCancelledException.class).isThrownBy(this::acquire);
			assertThat(Thread.interrupted()).isTrue();
		}
	}

	@Test
	void requestWaitsInItsOwnWayAndEndsTheWait() {
		IllegalStateException unwanted = new IllegalStateException("no longer wanted");
		LockRequest request = LockRequest.of("m", request().lockFile()).withPause((pause) -> {
			assertThat(pause).isPositive();
			throw unwanted;
		});
		try (CacheLock held = acquire()) {
			this.meanwhile = () -> {
				throw new AssertionError("it must not sleep");
			};
			assertThatExceptionOfType(IllegalStateException.class)
				.isThrownBy(() -> factory().acquire(request, this.owners::add))
				.isSameAs(unwanted);
		}
		factory().acquire(request, this.owners::add).close();
	}

	@Test
	void locksOfDifferentFilesAreIndependent() {
		try (CacheLock one = acquire();
				CacheLock other = factory().acquire(LockRequest.of("n", this.directory.resolve("locks/n.lock")),
						this.owners::add)) {
			assertThat(this.owners).isEmpty();
			assertThat(one).isNotSameAs(other);
		}
	}

	@Test
	void twoPathsToOneFileAreOneLock() throws Exception {
		Path alias = this.directory.resolve("alias");
		Files.createDirectories(request().lockFile().getParent());
		Files.createSymbolicLink(alias, request().lockFile().getParent());
		CacheLock held = acquire();
		this.meanwhile = held::close;
		factory().acquire(LockRequest.of("m", alias.resolve("m.lock")), this.owners::add).close();
		assertThat(this.owners).hasSize(1);
	}

}
