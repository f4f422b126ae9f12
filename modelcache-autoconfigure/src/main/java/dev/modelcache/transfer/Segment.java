package dev.modelcache.transfer;

/**
 * A range that one connection fills, and how far it is.
 * <p>
 * <em>Thread-safety</em>: one writer, any number of readers.
 */
final class Segment {

	private volatile ByteRange range;

	private volatile long position;

	Segment(ByteRange range) {
		this.range = range;
		this.position = range.start();
	}

	ByteRange range() {
		return this.range;
	}

	/** Returns the first byte that is missing. */
	long position() {
		return this.position;
	}

	/** Returns the range that is missing. */
	ByteRange missing() {
		return new ByteRange(this.position, this.range.end());
	}

	boolean isComplete() {
		return this.position == this.range.end();
	}

	void advance(long bytes) {
		this.position = this.position + bytes;
	}

	void endAt(long end) {
		this.range = new ByteRange(this.range.start(), end);
	}

	void restart() {
		this.range = ByteRange.from(this.range.start());
		this.position = this.range.start();
	}

}
