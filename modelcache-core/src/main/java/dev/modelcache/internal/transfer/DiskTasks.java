/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.transfer.Segment.Block;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * What one transfer does on the disk beside writing bodies, one task after the other: it
 * looks at the free space, writes the journal, reads what is there. Now and then it makes
 * durable what was written, so that the last step, which makes the whole file durable, is
 * short. Owned by the {@link Coordinator}, which also gets the results.
 */
final class DiskTasks {

	/** How many bytes are written before the free space is looked at again. */
	private static final long ADMITTED_AT_ONCE = DataSize.ofMegabytes(64).toBytes();

	/**
	 * How many bytes are written before they are made durable, and how many more
	 * meanwhile.
	 */
	private static final long FORCED_AT_ONCE = DataSize.ofMegabytes(64).toBytes();

	/** How many blocks may be on disk before the journal has them. */
	private static final int MOST_UNLOGGED = 64;

	private final StagedFile staged;

	private final BlockLog log;

	private final TransferListener listener;

	private final Executor io;

	private final SerialTasks coordinator;

	private final Consumer<Throwable> failed;

	private final Runnable done;

	private final Runnable writable;

	private final SerialTasks tasks;

	/** How many tasks have not told that they are done. */
	private int running;

	private boolean closed;

	private boolean admitting;

	private boolean forcing;

	private long forcedUpTo;

	private int unlogged;

	/** How many bytes may be there before the free space is looked at again. */
	private long admittedUpTo;

	// What follows is read by other threads.

	private volatile long written;

	private volatile long writableUpTo = ByteRange.OPEN;

	private volatile boolean behind;

	/**
	 * Creates it.
	 * @param staged the file
	 * @param log its journal
	 * @param listener is told of steps that show no progress
	 * @param io where the disk is used
	 * @param coordinator runs the following three
	 * @param failed takes what a task throws
	 * @param done run after each task
	 * @param writable run when {@link #mayWrite} becomes true
	 */
	DiskTasks(StagedFile staged, BlockLog log, TransferListener listener, Executor io, SerialTasks coordinator,
			Consumer<Throwable> failed, Runnable done, Runnable writable) {
		this.staged = staged;
		this.log = log;
		this.listener = listener;
		this.io = io;
		this.coordinator = coordinator;
		this.failed = failed;
		this.done = done;
		this.writable = writable;
		this.tasks = new SerialTasks(io, (thrown) -> coordinator.execute(() -> failed.accept(thrown)));
	}

	/**
	 * Does something on the disk, after what was to be done before.
	 * @param step what is done, to follow "while"
	 * @param task does it
	 * @param then takes its result, unless the transfer ends
	 */
	<T> void run(String step, Callable<T> task, Consumer<T> then) {
		run(this.tasks, step, task, then);
	}

	private <T> void run(Executor where, String step, Callable<T> task, Consumer<T> then) {
		Runnable taken = () -> {
			try {
				T result = task.call();
				this.coordinator.executeHere(() -> ended(() -> then.accept(result)));
			}
			catch (Throwable ex) {
				Exception thrown = FailureBoundary.asException(step, ex);
				this.coordinator.executeHere(() -> ended(() -> this.failed.accept(thrown)));
			}
		};
		this.running++;
		try {
			where.execute(taken);
		}
		catch (Throwable ex) {
			this.running--;
			throw ex;
		}
	}

	private void ended(Runnable then) {
		this.running--;
		if (!this.closed) {
			then.run();
		}
		this.done.run();
	}

	/** Returns whether nothing is done on the disk. */
	boolean areDone() {
		return this.running == 0;
	}

	/** Ends it: results do not count any more, and reading stops. */
	void close() {
		this.closed = true;
		this.log.stop();
	}

	/** Says how many bytes are on disk where that does not come from writing. */
	void writtenIs(long bytes) {
		this.written = bytes;
		this.forcedUpTo = bytes;
	}

	/**
	 * Says that bytes were written.
	 * @param nowWritten how many bytes are on disk in all
	 * @param whole the blocks that they finish
	 * @param size the size of the file, or {@code null} while it is not known
	 */
	void landed(long nowWritten, List<Block> whole, @Nullable Long size) {
		this.written = nowWritten;
		if (!whole.isEmpty() && size != null) {
			log(whole, size);
		}
		force();
		catchUp();
		if (nowWritten >= this.admittedUpTo && !this.admitting) {
			admit(size, this.writable);
		}
	}

	private void log(List<Block> whole, long size) {
		this.unlogged += whole.size();
		run("writing the journal", () -> {
			this.log.append(whole, size);
			return whole.size();
		}, (written) -> {
			this.unlogged -= written;
			catchUp();
		});
	}

	/** One at a time: what is written meanwhile is for the next one. */
	private void force() {
		long bytes = this.written - this.forcedUpTo;
		if (bytes < FORCED_AT_ONCE || this.forcing) {
			return;
		}
		this.forcing = true;
		this.forcedUpTo = this.written;
		run(this.io, "making the file durable", () -> {
			this.listener.storing(bytes, this.staged::force);
			return bytes;
		}, (forced) -> {
			this.forcing = false;
			force();
			catchUp();
		});
	}

	/**
	 * Stops or resumes writing: neither the journal nor the disk may be far behind. What
	 * is in memory alone would have to be written in one go at the end.
	 */
	private void catchUp() {
		boolean before = this.behind;
		this.behind = this.unlogged > MOST_UNLOGGED
				|| (this.forcing && this.written - this.forcedUpTo >= FORCED_AT_ONCE);
		if (before && !this.behind) {
			this.writable.run();
		}
	}

	/**
	 * Checks that what is missing fits on the disk; where the size is not known, that the
	 * next bytes do.
	 * @param size the size of the file, or {@code null}
	 * @param then run when it does
	 */
	void admit(@Nullable Long size, Runnable then) {
		this.admitting = true;
		run("looking at the free space", () -> admit(size), (admitted) -> {
			this.admitting = false;
			this.admittedUpTo = this.written + admitted;
			this.writableUpTo = (size != null) ? ByteRange.OPEN : this.admittedUpTo;
			then.run();
		});
	}

	private long admit(@Nullable Long size) {
		if (size != null) {
			this.staged.admit(missing(size), () -> this.written);
			return ADMITTED_AT_ONCE;
		}
		try {
			return this.staged.admitUpTo(DataSize.ofBytes(ADMITTED_AT_ONCE), () -> this.written).toBytes();
		}
		catch (ModelStorageException ex) {
			// It cannot be continued, and takes the space that the next attempt needs.
			this.staged.discard();
			throw ex;
		}
	}

	private DataSize missing(@Nullable Long size) {
		return DataSize.ofBytes((size != null) ? size - this.written : 0);
	}

	/** Returns whether bytes may be written at a position now. Called by any thread. */
	boolean mayWrite(long position) {
		return !this.behind && position < this.writableUpTo;
	}

	/**
	 * Does the last thing on the disk, when nothing else is at work on it.
	 * @param failure how the transfer ends
	 * @param size the size of the file, or {@code null}
	 * @param last takes what the failure means
	 */
	void last(@Nullable Throwable failure, @Nullable Long size, Consumer<@Nullable Throwable> last) {
		this.tasks.execute(() -> {
			Throwable meaning = failure;
			try {
				if (failure instanceof IOException ex) {
					meaning = this.staged.failure(ex, missing(size));
				}
			}
			catch (Throwable ex) {
				failure.addSuppressed(ex);
			}
			last.accept(meaning);
		});
	}

}
