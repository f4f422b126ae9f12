/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * A range that one connection fills, as the {@link Coordinator} knows it: how far it is
 * on disk, and where it ends. The end comes nearer when the connection has agreed to give
 * its tail to another one.
 */
final class Segment {

	private final long start;

	private final long claimedNanos;

	private final @Nullable Block unfinished;

	private long end;

	private long position;

	private boolean asked;

	/**
	 * Creates a segment.
	 * @param range its range
	 * @param unfinished the block in the middle of which it begins, or {@code null}
	 * @param claimedNanos the time
	 */
	Segment(ByteRange range, @Nullable Block unfinished, long claimedNanos) {
		this.start = range.start();
		this.end = range.end();
		this.position = range.start();
		this.unfinished = unfinished;
		this.claimedNanos = claimedNanos;
	}

	/** Returns the byte after the last one, {@link ByteRange#OPEN} if nobody knows. */
	long end() {
		return this.end;
	}

	void endAt(long newEnd) {
		this.end = newEnd;
	}

	/** Returns the first byte that is missing. */
	long position() {
		return this.position;
	}

	void advance(long bytes) {
		this.position += bytes;
	}

	boolean isComplete() {
		return this.position == this.end;
	}

	/** Returns the block in the middle of which it begins. */
	@Nullable Block unfinished() {
		return this.unfinished;
	}

	/** Returns whether its connection was asked for its tail and has not answered. */
	boolean isAsked() {
		return this.asked;
	}

	void asked(boolean waiting) {
		this.asked = waiting;
	}

	/** Returns how long the rest will take at the rate since it was claimed. */
	double secondsLeft(long nowNanos) {
		double seconds = Math.max(1, nowNanos - this.claimedNanos) / 1e9;
		double rate = Math.max(1, this.position - this.start) / seconds;
		return (this.end - this.position) / rate;
	}

	/**
	 * A block of the file of which some bytes are on disk, and their checksum. It belongs
	 * to the connection that writes it, and goes to the next one with its range.
	 */
	static final class Block {

		private final long index;

		private final CRC32C checksum = new CRC32C();

		private @Nullable Mirror mirror;

		private boolean mixed;

		Block(long index) {
			this.index = index;
		}

		/** Takes note of the bytes that follow, and who sent them. */
		void update(ByteBuffer bytes, Mirror sender) {
			this.mixed |= this.mirror != null && !sender.equals(this.mirror);
			this.mirror = sender;
			this.checksum.update(bytes);
		}

		long index() {
			return this.index;
		}

		int checksum() {
			return (int) this.checksum.getValue();
		}

		/** Returns who sent it, or null if several sent parts of it. */
		@Nullable Mirror mirror() {
			return this.mixed ? null : this.mirror;
		}

	}

}
