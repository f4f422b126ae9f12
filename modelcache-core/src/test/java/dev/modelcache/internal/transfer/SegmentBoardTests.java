package dev.modelcache.internal.transfer;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import dev.modelcache.internal.http.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SegmentBoard}.
 */
class SegmentBoardTests {

	private static final long MIB = SegmentBoard.BLOCK;

	private final SegmentBoard board = new SegmentBoard(4 * MIB, false);

	private static void assertRange(Segment segment, long start, long end) {
		assertThat(segment).isNotNull();
		assertThat(segment.position()).isEqualTo(start);
		assertThat(segment.end()).isEqualTo(end);
	}

	@Test
	void firstRequestAsksForTwoSegments() {
		assertRange(this.board.claim(0), 0, 8 * MIB);
		assertThat(this.board.size()).isNull();
	}

	@Test
	void firstRequestAsksForAllWhereNothingCanProveASecondOne() {
		SegmentBoard whole = new SegmentBoard(4 * MIB, true);
		Segment first = whole.claim(0);
		assertRange(first, 0, ByteRange.OPEN);
		whole.sizeIs(100 * MIB);
		// When it turns out that something can, the tail is taken as from any other.
		assertRange(whole.claim(1), 50 * MIB, 54 * MIB);
		assertRange(first, 0, 50 * MIB);
	}

	@Test
	void smallFileIsOneSegment() {
		Segment first = this.board.claim(0);
		this.board.sizeIs(5 * MIB);
		assertRange(first, 0, 5 * MIB);
		this.board.written(first, 5 * MIB);
		assertThat(this.board.isComplete()).isTrue();
		assertThat(this.board.frontier()).isEqualTo(5 * MIB);
		assertThat(this.board.claim(0)).isNull();
	}

	@Test
	void segmentsFollowEachOther() {
		this.board.claim(0);
		this.board.sizeIs(17 * MIB);
		assertRange(this.board.claim(0), 8 * MIB, 12 * MIB);
		// A rest of one block is not worth a request of its own.
		assertRange(this.board.claim(0), 12 * MIB, 17 * MIB);
	}

	@Test
	void idleConnectionTakesTheTailHalfOfTheSlowest() {
		Segment fast = this.board.claim(0);
		this.board.sizeIs(16 * MIB);
		Segment slow = this.board.claim(0);
		Segment third = this.board.claim(0);
		this.board.written(fast, 8 * MIB);
		this.board.release(fast);
		this.board.written(third, 3 * MIB);
		this.board.written(slow, 100);
		Segment tail = this.board.claim(TimeUnit.SECONDS.toNanos(1));
		assertRange(tail, 11 * MIB, 12 * MIB);
		assertThat(slow.end()).isEqualTo(11 * MIB);
	}

	@Test
	void tailThatAWriteMightReachIsNotTaken() {
		Segment only = this.board.claim(0);
		this.board.sizeIs(MIB + 100);
		this.board.written(only, MIB - 50);
		assertThat(this.board.claim(0)).isNull();
	}

	@Test
	void whatIsLeftUndoneIsGivenToTheNext() {
		Segment first = this.board.claim(0);
		this.board.sizeIs(16 * MIB);
		this.board.written(first, 3 * MIB + 7);
		this.board.release(first);
		assertRange(this.board.claim(0), 3 * MIB + 7, 8 * MIB);
	}

	@Test
	void frontierIsWhatIsThereWithoutAGap() {
		Segment first = this.board.claim(0);
		this.board.sizeIs(16 * MIB);
		Segment second = this.board.claim(0);
		this.board.written(second, 4 * MIB);
		assertThat(this.board.frontier()).isZero();
		this.board.written(first, 5 * MIB);
		assertThat(this.board.frontier()).isEqualTo(5 * MIB);
		this.board.written(first, 3 * MIB);
		assertThat(this.board.frontier()).isEqualTo(12 * MIB);
		assertThat(this.board.durable()).isEqualTo(12 * MIB);
	}

	@Test
	void wholeFileInOneResponseTakesAllThatNobodyFetches() {
		Segment first = this.board.claim(0);
		this.board.sizeIs(100 * MIB);
		assertThat(this.board.extend(first)).isTrue();
		assertRange(first, 0, 100 * MIB);
	}

	@Test
	void wholeFileInOneResponseTakesNothingFromOthers() {
		Segment first = this.board.claim(0);
		this.board.sizeIs(100 * MIB);
		this.board.claim(0);
		assertThat(this.board.extend(first)).isFalse();
	}

	@Test
	void emptyFileIsComplete() {
		Segment first = this.board.claim(0);
		this.board.sizeIs(0);
		this.board.release(first);
		assertThat(this.board.isComplete()).isTrue();
	}

	@Test
	void restartForgetsEverything() {
		Segment first = this.board.claim(0);
		this.board.sizeIs(16 * MIB);
		this.board.written(first, 100);
		this.board.restart();
		this.board.release(first);
		assertThat(this.board.durable()).isZero();
		assertRange(this.board.claim(0), 0, 8 * MIB);
	}

	/** Connections that come, write, fail and steal at random fill every byte once. */
	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8 })
	void everyByteIsWrittenOnce(long seed) {
		Random random = new Random(seed);
		long size = 1 + random.nextInt(60_000_000);
		List<Segment> claimed = new ArrayList<>();
		TreeMap<Long, Long> written = new TreeMap<>();
		claimed.add(this.board.claim(0));
		this.board.sizeIs(size);
		long now = 1;
		while (!this.board.isComplete()) {
			now += 1_000_000;
			if (claimed.size() < 6 && random.nextInt(3) == 0) {
				Segment next = this.board.claim(now);
				if (next != null) {
					claimed.add(next);
				}
			}
			if (!claimed.isEmpty()) {
				Segment segment = claimed.get(random.nextInt(claimed.size()));
				long n = Math.min(this.board.room(segment), 1 + random.nextInt(SegmentWriter.LARGEST_WRITE));
				if (n > 0) {
					written.put(segment.position(), n);
					this.board.written(segment, n);
				}
				if (this.board.room(segment) == 0 || random.nextInt(200) == 0) {
					this.board.release(segment);
					claimed.remove(segment);
				}
			}
		}
		long position = 0;
		for (var entry : written.entrySet()) {
			assertThat(entry.getKey()).isEqualTo(position);
			position += entry.getValue();
		}
		assertThat(position).isEqualTo(size);
		assertThat(this.board.frontier()).isEqualTo(size);
	}

}
