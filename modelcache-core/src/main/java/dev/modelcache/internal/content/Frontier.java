/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

/**
 * How far a growing file is written without a gap, and whether that is all of it.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class Frontier {

	static final int BLOCK = 1 << 18;

	private final int block;

	private long position;

	private boolean complete;

	private boolean closed;

	Frontier() {
		this(BLOCK);
	}

	/**
	 * Creates the beginning of a file.
	 * @param block after how many bytes followers are woken: not for every buffer that
	 * arrives
	 */
	Frontier(int block) {
		this.block = block;
	}

	/** A position before one said earlier changes nothing. */
	synchronized void advance(long position) {
		if (position <= this.position) {
			return;
		}
		boolean newBlock = position / this.block > this.position / this.block;
		this.position = position;
		if (newBlock) {
			notifyAll();
		}
	}

	/** Says that the file is whole. */
	synchronized void complete() {
		this.complete = true;
		notifyAll();
	}

	/** Sends all followers away. */
	synchronized void close() {
		this.closed = true;
		notifyAll();
	}

	synchronized boolean isClosed() {
		return this.closed;
	}

	synchronized long position() {
		return this.position;
	}

	/**
	 * Waits for more.
	 * @param seen the position up to which the follower has seen the file
	 * @param enough how many more bytes it wants at least, unless the file ends before
	 * @return the position up to which it may read; {@code seen} if the file ends there
	 * @throws StoppedException if it is to stop
	 */
	synchronized long awaitMore(long seen, long enough) throws StoppedException {
		while (!this.complete && !this.closed && this.position - seen < enough) {
			try {
				wait();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new StoppedException();
			}
		}
		if (this.closed) {
			throw new StoppedException();
		}
		return this.position;
	}

}
