package dev.modelcache.internal.transfer;

import dev.modelcache.internal.http.ByteRange;

/**
 * A range that one connection fills, and how far it is. Its end may come nearer while it
 * is being filled: another connection took the tail.
 * <p>
 * <em>Thread-safety</em>: guarded by the {@link SegmentBoard} it belongs to.
 */
final class Segment {

	private final long start;

	private final long claimedNanos;

	private long end;

	private long position;

	Segment(ByteRange range, long claimedNanos) {
		this.start = range.start();
		this.end = range.end();
		this.position = range.start();
		this.claimedNanos = claimedNanos;
	}

	/** Returns the first byte. */
	long start() {
		return this.start;
	}

	/** Returns the byte after the last one, {@link ByteRange#OPEN} if nobody knows. */
	long end() {
		return this.end;
	}

	/** Returns the first byte that is missing. */
	long position() {
		return this.position;
	}

	long remaining() {
		return this.end - this.position;
	}

	boolean isComplete() {
		return this.position == this.end;
	}

	void advance(long bytes) {
		this.position += bytes;
	}

	void endAt(long newEnd) {
		this.end = newEnd;
	}

	/** Returns how long the rest will take at the rate since it was claimed. */
	double secondsLeft(long nowNanos) {
		double seconds = Math.max(1, nowNanos - this.claimedNanos) / 1e9;
		double rate = Math.max(1, this.position - this.start) / seconds;
		return remaining() / rate;
	}

}
