package dev.modelcache.internal.transfer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import dev.modelcache.internal.http.ByteRange;
import org.jspecify.annotations.Nullable;

/**
 * Which bytes of a file are on disk, which ones somebody fetches, and which ones nobody
 * does. Work is given out in segments; when there is none left, whoever asks takes the
 * tail half of the segment that will end last.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class SegmentBoard {

	/** Segments begin and end at multiples of this, but for the end of the file. */
	static final long BLOCK = 1 << 20;

	private final long segmentSize;

	private final boolean inOnePiece;

	/** What nobody fetches, by its first byte. */
	private final NavigableMap<Long, ByteRange> open = new TreeMap<>();

	private final List<Segment> claimed = new ArrayList<>();

	private long size = ByteRange.OPEN;

	private long durable;

	private long frontier;

	/**
	 * Creates a board for a file of which nothing is there.
	 * @param segmentSize how large segments are
	 * @param inOnePiece whether the first request asks for the whole file: nothing may
	 * tell later that a second one brings bytes of the same version
	 */
	SegmentBoard(long segmentSize, boolean inOnePiece) {
		this.inOnePiece = inOnePiece;
		this.segmentSize = Math.max(BLOCK, segmentSize / BLOCK * BLOCK);
		this.open.put(0L, ByteRange.from(0));
	}

	/** Returns the size of the file, or null while nobody knows it. */
	synchronized @Nullable Long size() {
		return (this.size != ByteRange.OPEN) ? this.size : null;
	}

	/** Returns how many bytes are on disk. */
	synchronized long durable() {
		return this.durable;
	}

	/** Returns how many bytes are on disk without a gap from the beginning. */
	synchronized long frontier() {
		return this.frontier;
	}

	/** Returns whether the file has at least two segments. */
	synchronized boolean isWorthSeveral() {
		return this.size != ByteRange.OPEN && this.size >= 2 * this.segmentSize;
	}

	synchronized boolean isComplete() {
		return this.size != ByteRange.OPEN && this.durable == this.size;
	}

	/**
	 * Gives out work.
	 * @param nowNanos the time
	 * @return a segment that nobody else fetches, or null if there is none
	 */
	synchronized @Nullable Segment claim(long nowNanos) {
		Map.Entry<Long, ByteRange> first = this.open.pollFirstEntry();
		ByteRange range = (first != null) ? first.getValue() : tailOfTheSlowest(nowNanos);
		if (range == null) {
			return null;
		}
		Segment segment = new Segment(firstPart(range), nowNanos);
		if (segment.end() < range.end()) {
			this.open.put(segment.end(), new ByteRange(segment.end(), range.end()));
		}
		this.claimed.add(segment);
		return segment;
	}

	/**
	 * Two segments at once while the size is not known, so that a file that is not worth
	 * several connections takes one request.
	 */
	private ByteRange firstPart(ByteRange range) {
		if (range.isOpen() && this.inOnePiece) {
			return range;
		}
		long most = range.isOpen() ? 2 * this.segmentSize : this.segmentSize;
		long end = range.start() / BLOCK * BLOCK + most;
		// A rest of less than half a segment is not worth a request of its own.
		return (range.end() - end <= this.segmentSize / 2) ? range : new ByteRange(range.start(), end);
	}

	private @Nullable ByteRange tailOfTheSlowest(long nowNanos) {
		Segment slowest = this.claimed.stream()
			.filter((segment) -> segment.end() != ByteRange.OPEN && middle(segment) > segment.position())
			.max(Comparator.comparingDouble((segment) -> segment.secondsLeft(nowNanos)))
			.orElse(null);
		if (slowest == null) {
			return null;
		}
		ByteRange tail = new ByteRange(middle(slowest), slowest.end());
		slowest.endAt(tail.start());
		return tail;
	}

	/**
	 * Returns the border of blocks in the middle of the rest, or 0 if there is none, or
	 * it is so near that a write under way might cross it.
	 */
	private static long middle(Segment segment) {
		long middle = (segment.position() + segment.remaining() / 2 + BLOCK - 1) / BLOCK * BLOCK;
		return (middle < segment.end() && middle - segment.position() > 2 * SegmentWriter.LARGEST_WRITE) ? middle : 0;
	}

	/** Takes a segment back, whether it is complete or not. */
	synchronized void release(Segment segment) {
		if (this.claimed.remove(segment) && !segment.isComplete()) {
			this.open.put(segment.position(), new ByteRange(segment.position(), segment.end()));
		}
	}

	/** Returns how many bytes the segment still takes. */
	synchronized long room(Segment segment) {
		return segment.remaining();
	}

	/** Says that bytes of a segment are on disk. */
	synchronized void written(Segment segment, long bytes) {
		boolean atFrontier = segment.position() == this.frontier;
		segment.advance(bytes);
		this.durable += bytes;
		if (atFrontier) {
			this.frontier = segment.isComplete() ? firstGap() : segment.position();
		}
	}

	private long firstGap() {
		long gap = this.open.isEmpty() ? this.size : this.open.firstKey();
		for (Segment segment : this.claimed) {
			if (!segment.isComplete()) {
				gap = Math.min(gap, segment.position());
			}
		}
		return gap;
	}

	/** Says how large the file is. */
	synchronized void sizeIs(long bytes) {
		this.size = bytes;
		this.claimed.stream()
			.filter((segment) -> segment.end() > bytes)
			.forEach((segment) -> segment.endAt(Math.max(segment.position(), bytes)));
		this.open.tailMap(bytes, true).clear();
		Map.Entry<Long, ByteRange> last = this.open.lastEntry();
		if (last != null && last.getValue().end() > bytes) {
			this.open.put(last.getKey(), new ByteRange(last.getKey(), bytes));
		}
	}

	/**
	 * Gives a segment the whole rest of the file: its server sends all of it.
	 * @return false if others fetch parts of it
	 */
	synchronized boolean extend(Segment segment) {
		if (this.claimed.size() > 1 || (!this.open.isEmpty() && this.open.firstKey() < segment.end())) {
			return false;
		}
		this.open.clear();
		segment.endAt(this.size);
		return true;
	}

	/**
	 * Says what is on disk before anything is fetched.
	 * @param bytes how large the file is
	 * @param there the ranges that are on disk, in their order, none of them twice
	 */
	synchronized void resume(long bytes, Iterable<ByteRange> there) {
		restart();
		this.size = bytes;
		this.open.clear();
		long gap = 0;
		for (ByteRange range : there) {
			if (range.start() > gap) {
				this.open.put(gap, new ByteRange(gap, range.start()));
			}
			gap = range.end();
			this.durable += range.end() - range.start();
		}
		if (gap < bytes) {
			this.open.put(gap, new ByteRange(gap, bytes));
		}
		this.frontier = firstGap();
	}

	/**
	 * Says that ranges of a complete file are to be fetched again.
	 * @param again the ranges, none of them twice
	 */
	synchronized void reopen(Iterable<ByteRange> again) {
		for (ByteRange range : again) {
			Map.Entry<Long, ByteRange> before = this.open.lowerEntry(range.start());
			long start = (before != null && before.getValue().end() == range.start()) ? before.getKey() : range.start();
			this.open.put(start, new ByteRange(start, range.end()));
			this.durable -= range.end() - range.start();
		}
		this.frontier = firstGap();
	}

	/** Forgets all bytes; nobody may be fetching any. */
	synchronized void restart() {
		this.open.clear();
		this.claimed.clear();
		this.open.put(0L, ByteRange.from(0));
		this.size = ByteRange.OPEN;
		this.durable = 0;
		this.frontier = 0;
	}

}
