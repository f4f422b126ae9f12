/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.transfer.Segment.Block;
import org.jspecify.annotations.Nullable;

/**
 * Which bytes of a file are on disk, which ones a connection fetches, and which ones none
 * does. Work is given out in segments; where there is none left, it tells which segment
 * will end last, so that its tail can be asked for. Owned by the {@link Coordinator}.
 */
final class WorkMap {

	/** Segments begin and end at multiples of this, but for the end of the file. */
	static final long BLOCK = 1 << 20;

	/** How many segments are little. */
	private static final int LITTLE = 4;

	private final long segmentSize;

	private final boolean inOnePiece;

	/** What no connection fetches, by its first byte. */
	private final NavigableMap<Long, Open> open = new TreeMap<>();

	private final List<Segment> claimed = new ArrayList<>();

	private long size = ByteRange.OPEN;

	private long written;

	private long frontier;

	/**
	 * Creates a map of a file of which nothing is there.
	 * @param segmentSize how large segments are
	 * @param inOnePiece whether the first request asks for the whole file: nothing may
	 * tell later that a second one brings bytes of the same version
	 */
	WorkMap(long segmentSize, boolean inOnePiece) {
		this.inOnePiece = inOnePiece;
		this.segmentSize = Math.max(BLOCK, segmentSize / BLOCK * BLOCK);
		open(0, ByteRange.OPEN, null);
	}

	private void open(long start, long end, @Nullable Block unfinished) {
		this.open.put(start, new Open(end, unfinished));
	}

	/** Returns the size of the file, or null while it is not known. */
	@Nullable Long size() {
		return (this.size != ByteRange.OPEN) ? this.size : null;
	}

	/** Returns how many bytes are on disk. */
	long written() {
		return this.written;
	}

	/** Returns how many bytes are on disk without a gap from the beginning. */
	long frontier() {
		return this.frontier;
	}

	/** Returns whether the file has at least two segments. */
	boolean isWorthSeveral() {
		return this.size != ByteRange.OPEN && isWorthSeveral(this.size);
	}

	/** Returns whether a file of a size has at least two segments. */
	boolean isWorthSeveral(long bytes) {
		return bytes >= 2 * this.segmentSize;
	}

	/** Returns whether what has come is soon fetched again. */
	boolean hasLittle() {
		return this.written <= LITTLE * this.segmentSize;
	}

	boolean isComplete() {
		return this.size != ByteRange.OPEN && this.written == this.size;
	}

	/**
	 * Gives out work.
	 * @param nowNanos the time
	 * @return a segment that no other connection fetches, or null if there is none
	 */
	@Nullable Segment claim(long nowNanos) {
		return claim(false, nowNanos);
	}

	/**
	 * Gives out work.
	 * @param all whether one connection takes all that follows
	 * @param nowNanos the time
	 * @return a segment that no other connection fetches, or null if there is none
	 */
	@Nullable Segment claim(boolean all, long nowNanos) {
		Map.Entry<Long, Open> first = this.open.pollFirstEntry();
		if (first == null) {
			return null;
		}
		long end = first.getValue().end();
		while (all && this.open.containsKey(end)) {
			// A gap behind another one begins with a block.
			end = this.open.remove(end).end();
		}
		ByteRange range = new ByteRange(first.getKey(), end);
		ByteRange part = all ? range : firstPart(range);
		if (part.end() < range.end()) {
			open(part.end(), range.end(), null);
		}
		Segment segment = new Segment(part, first.getValue().unfinished(), nowNanos);
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

	/**
	 * Returns the segment that will end last, of those whose tail can be asked for.
	 * @param nowNanos the time
	 * @return the segment, or null if there is none
	 */
	@Nullable Segment slowest(long nowNanos) {
		return this.claimed.stream()
			.filter((segment) -> !segment.isAsked() && segment.end() != ByteRange.OPEN
					&& middle(segment) > segment.position())
			.max(Comparator.comparingDouble((segment) -> segment.secondsLeft(nowNanos)))
			.orElse(null);
	}

	/**
	 * Returns the border of blocks in the middle of the rest, or 0 if there is none, or
	 * it is so near that the tail is not worth a request.
	 */
	static long middle(Segment segment) {
		long rest = segment.end() - segment.position();
		long middle = (segment.position() + rest / 2 + BLOCK - 1) / BLOCK * BLOCK;
		return (middle < segment.end() && middle - segment.position() > BLOCK / 4) ? middle : 0;
	}

	/**
	 * Returns what another connection could fetch of the tail of a segment, which still
	 * belongs to it.
	 */
	Segment tailOf(Segment segment, long nowNanos) {
		return new Segment(firstPart(new ByteRange(middle(segment), segment.end())), null, nowNanos);
	}

	/**
	 * Gives out a tail that was given away.
	 * @param tail the {@link #tailOf} a segment
	 * @return whether no other connection fetches any of it, nor has done so
	 */
	boolean claim(Segment tail) {
		Open given = this.open.get(tail.position());
		if (given == null || given.end() < tail.end()) {
			return false;
		}
		this.open.remove(tail.position());
		if (tail.end() < given.end()) {
			open(tail.end(), given.end(), null);
		}
		this.claimed.add(tail);
		return true;
	}

	/** The connection of a segment gives its tail away. */
	void shrink(Segment segment, long end) {
		if (end < segment.end()) {
			open(end, segment.end(), null);
			segment.endAt(end);
		}
	}

	/**
	 * Takes a segment back, whether it is complete or not.
	 * @param segment the segment
	 * @param unfinished the block that its connection has left unfinished
	 */
	void release(Segment segment, @Nullable Block unfinished) {
		if (this.claimed.remove(segment) && !segment.isComplete()) {
			open(segment.position(), segment.end(), unfinished);
		}
	}

	/** Says that bytes of a segment are on disk. */
	void landed(Segment segment, long bytes) {
		boolean atFrontier = segment.position() == this.frontier;
		segment.advance(bytes);
		this.written += bytes;
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
	void sizeIs(long bytes) {
		this.size = bytes;
		this.claimed.stream()
			.filter((segment) -> segment.end() > bytes)
			.forEach((segment) -> segment.endAt(Math.max(segment.position(), bytes)));
		this.open.tailMap(bytes, true).clear();
		Map.Entry<Long, Open> last = this.open.lastEntry();
		if (last != null && last.getValue().end() > bytes) {
			open(last.getKey(), bytes, last.getValue().unfinished());
		}
	}

	/**
	 * Gives a segment the whole rest of the file: its server sends all of it.
	 * @return false if others fetch parts of it or may be about to, or parts are there
	 */
	boolean extend(Segment segment) {
		if (this.written > 0 || this.claimed.size() > 1 || segment.isAsked()
				|| (!this.open.isEmpty() && this.open.firstKey() < segment.end())) {
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
	void resume(long bytes, Iterable<ByteRange> there) {
		restart();
		this.size = bytes;
		this.open.clear();
		long gap = 0;
		for (ByteRange range : there) {
			if (range.start() > gap) {
				open(gap, range.start(), null);
			}
			gap = range.end();
			this.written += range.end() - range.start();
		}
		if (gap < bytes) {
			open(gap, bytes, null);
		}
		this.frontier = firstGap();
	}

	/**
	 * Says that ranges of a complete file are to be fetched again.
	 * @param again the ranges, none of them twice
	 */
	void reopen(Iterable<ByteRange> again) {
		for (ByteRange range : again) {
			Map.Entry<Long, Open> before = this.open.lowerEntry(range.start());
			long start = (before != null && before.getValue().end() == range.start()) ? before.getKey() : range.start();
			open(start, range.end(), null);
			this.written -= range.end() - range.start();
		}
		this.frontier = firstGap();
	}

	/** Forgets all bytes and segments; no connection may be fetching any. */
	void restart() {
		this.open.clear();
		this.claimed.clear();
		open(0, ByteRange.OPEN, null);
		this.size = ByteRange.OPEN;
		this.written = 0;
		this.frontier = 0;
	}

	/**
	 * The rest of a range that no connection fetches.
	 *
	 * @param end the byte after its last one
	 * @param unfinished the block in the middle of which it begins, or {@code null}
	 */
	private record Open(long end, @Nullable Block unfinished) {

	}

}
