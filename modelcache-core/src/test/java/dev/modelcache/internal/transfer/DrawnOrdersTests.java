/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.transfer.ManualTransfer.Exchange;
import dev.modelcache.source.RemoteFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Transfers in which everything that may happen next is drawn: which thread goes on,
 * which mirror answers, sends, breaks or changes its file, and when the caller leaves.
 * However that goes, the transfer ends, its file is not touched after it was given back,
 * and no buffer is left. The seed of a failure is in its message.
 */
class DrawnOrdersTests {

	private static final int MIB = 1 << 20;

	private static final int SIZE = 4 * MIB + 4321;

	private static final int MOST_STEPS = 100_000;

	/**
	 * How many seeds each group tries; more of them by {@code -Dmodelcache.drawn-orders}.
	 */
	private static final int SEEDS = Integer.getInteger("modelcache.drawn-orders", 15);

	@TempDir
	private Path directory;

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 4 })
	void transferEndsAndItsFileIsNotTouchedAfterIt(int group) throws Exception {
		for (int seed = 0; seed < SEEDS; seed++) {
			new Run(this.directory, group * 1_000_000L + seed, true).check();
		}
	}

	@Test
	void transferOfWhichResultIsWaitedForSucceeds() throws Exception {
		for (int seed = 0; seed < SEEDS; seed++) {
			new Run(this.directory, seed, false).check();
		}
	}

	private static final class Run {

		private final long seed;

		private final boolean disturbed;

		private final Random random;

		private final DrawnScheduler io = new DrawnScheduler();

		private final CompletableFuture<TransferResult> result = new CompletableFuture<>();

		private final ManualTransfer transfer;

		private @Nullable Disposable call;

		private @Nullable Thread closing;

		private int untilTheCallerLeaves;

		private boolean late;

		Run(Path directory, long seed, boolean disturbed) {
			this.seed = seed;
			this.disturbed = disturbed;
			this.random = new Random(seed);
			this.transfer = new ManualTransfer(directory.resolve(Long.toString(seed)), this.io,
					1 + this.random.nextInt(4));
			boolean leaves = disturbed && this.random.nextInt(2) == 0;
			this.untilTheCallerLeaves = leaves ? this.random.nextInt(200) : MOST_STEPS;
		}

		void check() throws Exception {
			this.transfer.disk.beforeWrite(this::inTheMiddleOfAWrite);
			RemoteFile file = new RemoteFile("m.gguf", List.of(ManualTransfer.mirror(1), ManualTransfer.mirror(2)),
					null, null);
			this.call = this.transfer.run(file).subscribe(this.result::complete, this.result::completeExceptionally);
			while (!this.result.isDone() && this.closing == null) {
				next();
			}
			leave();
			while (this.closing.isAlive()) {
				if (!this.io.runOne(this.random)) {
					Thread.yield();
				}
			}
			this.transfer.exchanges.forEach(this::late);
			while (this.io.runOne(this.random)) {
				// What came too late from the network.
			}
			this.transfer.close();
			assertThat(this.late).as("a write after the end, seed " + this.seed).isFalse();
			assertThat(this.transfer.buffers.held()).as("buffers held, seed " + this.seed).isZero();
			assertThat(this.transfer.open()).as("open exchanges, seed " + this.seed).isEmpty();
			if (!this.disturbed) {
				assertThat(this.result).as("seed " + this.seed).isCompleted();
				assertThat(this.result.get().size()).isEqualTo(SIZE);
			}
		}

		/** The other threads go on while the disk takes its time. */
		private void inTheMiddleOfAWrite() {
			for (int i = this.random.nextInt(6); i > 0; i--) {
				step();
				this.io.runOne(this.random);
			}
			this.late |= this.result.isDone() || isClosed();
		}

		private void step() {
			if (this.untilTheCallerLeaves-- == 0) {
				leave();
			}
		}

		/** The caller cancels, and closes the file as soon as that is possible. */
		private void leave() {
			if (this.closing == null) {
				this.call.dispose();
				this.closing = new Thread(this.transfer.staged::close);
				this.closing.start();
			}
		}

		/** Closing is done, or waits. */
		private boolean isClosed() {
			while (this.closing != null && this.closing.getState() != Thread.State.WAITING) {
				if (!this.closing.isAlive()) {
					return true;
				}
				Thread.yield();
			}
			return false;
		}

		private void late(Exchange exchange) {
			if (exchange.isRead()) {
				exchange.send(100);
			}
		}

		private void next() {
			step();
			if (this.random.nextInt(3) > 0 && this.io.runOne(this.random)) {
				return;
			}
			List<Exchange> open = this.transfer.open();
			if (open.isEmpty()) {
				if (!this.io.runOne(this.random)) {
					// A follower works, or a pause passes.
					this.transfer.timer.advanceTimeBy(Duration.ofMillis(100));
					Thread.yield();
				}
				return;
			}
			Exchange exchange = open.get(this.random.nextInt(open.size()));
			int fate = this.disturbed ? this.random.nextInt(60) : 59;
			if (!exchange.hasAnswered) {
				answer(exchange, fate);
			}
			else if (fate == 0) {
				exchange.fail(Reason.RESET);
			}
			else if (fate == 1) {
				exchange.fail(Reason.CHANGED);
			}
			else if (exchange.position < exchange.end && exchange.wanted > 0) {
				exchange.send((int) Math.min(exchange.end - exchange.position, 1 + this.random.nextInt(512 << 10)));
			}
			else if (exchange.position == exchange.end) {
				exchange.complete();
			}
		}

		private void answer(Exchange exchange, int fate) {
			switch (fate) {
				case 0 -> exchange.fail(Reason.UNREACHABLE);
				case 1 -> exchange.fail(Reason.NOT_FOUND);
				case 2, 3 -> exchange
					.answer(new RangeResponse(0, (long) SIZE, (long) SIZE, true, ManualTransfer.VALIDATOR, true));
				case 4 -> exchange
					.answer(new RangeResponse(exchange.start(), (long) SIZE, (long) SIZE, false, "\"other\"", true));
				default -> exchange.answer(SIZE);
			}
		}

	}

	/** Runs tasks when a test says so, in any order. */
	private static final class DrawnScheduler implements Scheduler {

		private final List<Runnable> tasks = new ArrayList<>();

		@Override
		public Disposable schedule(Runnable task) {
			synchronized (this.tasks) {
				this.tasks.add(task);
			}
			return Disposables.single();
		}

		boolean runOne(Random random) {
			Runnable task;
			synchronized (this.tasks) {
				if (this.tasks.isEmpty()) {
					return false;
				}
				task = this.tasks.remove(random.nextInt(this.tasks.size()));
			}
			task.run();
			return true;
		}

		@Override
		public Worker createWorker() {
			throw new UnsupportedOperationException();
		}

	}

}
