/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
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
 * Tests for {@link WorkMap}.
 */
class WorkMapTests {

	private static final long MIB = WorkMap.BLOCK;

	private final WorkMap work = new WorkMap(4 * MIB, false);

	private static void assertRange(Segment segment, long start, long end) {
		assertThat(segment).isNotNull();
		assertThat(segment.position()).isEqualTo(start);
		assertThat(segment.end()).isEqualTo(end);
	}

	@Test
	void firstRequestAsksForTwoSegments() {
		assertRange(this.work.claim(0), 0, 8 * MIB);
		assertThat(this.work.size()).isNull();
	}

	@Test
	void firstRequestAsksForAllWhereNothingCanProveASecondOne() {
		WorkMap whole = new WorkMap(4 * MIB, true);
		Segment first = whole.claim(0);
		assertRange(first, 0, ByteRange.OPEN);
		whole.sizeIs(100 * MIB);
		// When it turns out that something can, the tail is taken as from any other.
		assertThat(whole.claim(1)).isNull();
		assertThat(whole.slowest(1)).isSameAs(first);
		whole.shrink(first, WorkMap.middle(first));
		assertRange(whole.claim(1), 50 * MIB, 54 * MIB);
		assertRange(first, 0, 50 * MIB);
	}

	@Test
	void smallFileIsOneSegment() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(5 * MIB);
		assertRange(first, 0, 5 * MIB);
		this.work.landed(first, 5 * MIB);
		assertThat(this.work.isComplete()).isTrue();
		assertThat(this.work.frontier()).isEqualTo(5 * MIB);
		assertThat(this.work.claim(0)).isNull();
	}

	@Test
	void segmentsFollowEachOther() {
		this.work.claim(0);
		this.work.sizeIs(17 * MIB);
		assertRange(this.work.claim(0), 8 * MIB, 12 * MIB);
		// A rest of one block is not worth a request of its own.
		assertRange(this.work.claim(0), 12 * MIB, 17 * MIB);
	}

	@Test
	void tailHalfOfTheSlowestIsAskedFor() {
		Segment fast = this.work.claim(0);
		this.work.sizeIs(16 * MIB);
		Segment slow = this.work.claim(0);
		Segment third = this.work.claim(0);
		this.work.landed(fast, 8 * MIB);
		this.work.release(fast, null);
		this.work.landed(third, 3 * MIB);
		this.work.landed(slow, 100);
		long now = TimeUnit.SECONDS.toNanos(1);
		assertThat(this.work.claim(now)).isNull();
		assertThat(this.work.slowest(now)).isSameAs(slow);
		assertThat(WorkMap.middle(slow)).isEqualTo(11 * MIB);
		// Nothing changes before the connection has answered.
		slow.asked(true);
		assertThat(this.work.slowest(now)).isNull();
		assertRange(slow, 8 * MIB + 100, 12 * MIB);
		this.work.shrink(slow, 11 * MIB);
		assertRange(this.work.claim(now), 11 * MIB, 12 * MIB);
		assertThat(slow.end()).isEqualTo(11 * MIB);
	}

	@Test
	void connectionThatKeepsItsTailKeepsAllOfIt() {
		Segment only = this.work.claim(0);
		this.work.sizeIs(8 * MIB);
		this.work.shrink(only, 8 * MIB);
		assertThat(this.work.claim(0)).isNull();
		assertThat(only.end()).isEqualTo(8 * MIB);
	}

	@Test
	void tailThatIsNotWorthARequestIsNotAskedFor() {
		Segment only = this.work.claim(0);
		this.work.sizeIs(MIB + 100);
		this.work.landed(only, MIB - 50);
		assertThat(this.work.slowest(0)).isNull();
	}

	@Test
	void unfinishedBlockGoesWithItsRange() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(16 * MIB);
		Segment.Block block = new Segment.Block(3);
		this.work.landed(first, 3 * MIB + 7);
		this.work.release(first, block);
		assertThat(this.work.claim(0).unfinished()).isSameAs(block);
	}

	@Test
	void whatIsLeftUndoneIsGivenToTheNext() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(16 * MIB);
		this.work.landed(first, 3 * MIB + 7);
		this.work.release(first, null);
		assertRange(this.work.claim(0), 3 * MIB + 7, 8 * MIB);
	}

	@Test
	void frontierIsWhatIsThereWithoutAGap() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(16 * MIB);
		Segment second = this.work.claim(0);
		this.work.landed(second, 4 * MIB);
		assertThat(this.work.frontier()).isZero();
		this.work.landed(first, 5 * MIB);
		assertThat(this.work.frontier()).isEqualTo(5 * MIB);
		this.work.landed(first, 3 * MIB);
		assertThat(this.work.frontier()).isEqualTo(12 * MIB);
		assertThat(this.work.written()).isEqualTo(12 * MIB);
	}

	@Test
	void wholeFileInOneResponseTakesAllThatNobodyFetches() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(100 * MIB);
		assertThat(this.work.extend(first)).isTrue();
		assertRange(first, 0, 100 * MIB);
	}

	@Test
	void wholeFileInOneResponseTakesNothingFromOthers() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(100 * MIB);
		this.work.claim(0);
		assertThat(this.work.extend(first)).isFalse();
	}

	@Test
	void wholeFileInOneResponseTakesNothingThatIsThere() {
		this.work.resume(10 * MIB, List.of(new ByteRange(MIB, 10 * MIB)));
		Segment first = this.work.claim(0);
		assertThat(this.work.extend(first)).isFalse();
		assertRange(first, 0, MIB);
	}

	@Test
	void emptyFileIsComplete() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(0);
		this.work.release(first, null);
		assertThat(this.work.isComplete()).isTrue();
	}

	@Test
	void restartForgetsEverything() {
		Segment first = this.work.claim(0);
		this.work.sizeIs(16 * MIB);
		this.work.landed(first, 100);
		this.work.restart();
		this.work.release(first, null);
		assertThat(this.work.written()).isZero();
		assertRange(this.work.claim(0), 0, 8 * MIB);
	}

	/** Connections that come, write, fail and steal at random fill every byte once. */
	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8 })
	void everyByteIsWrittenOnce(long seed) {
		Random random = new Random(seed);
		long size = 1 + random.nextInt(60_000_000);
		List<Segment> claimed = new ArrayList<>();
		TreeMap<Long, Long> written = new TreeMap<>();
		claimed.add(this.work.claim(0));
		this.work.sizeIs(size);
		long now = 1;
		while (!this.work.isComplete()) {
			now += 1_000_000;
			if (claimed.size() < 6 && random.nextInt(3) == 0) {
				Segment next = this.work.claim(now);
				if (next != null) {
					claimed.add(next);
				}
				else {
					askForATail(random, now);
				}
			}
			if (!claimed.isEmpty()) {
				Segment segment = claimed.get(random.nextInt(claimed.size()));
				long n = Math.min(segment.end() - segment.position(), 1 + random.nextInt(128 << 10));
				if (n > 0) {
					written.put(segment.position(), n);
					this.work.landed(segment, n);
				}
				if (segment.isComplete() || random.nextInt(200) == 0) {
					this.work.release(segment, null);
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
		assertThat(this.work.frontier()).isEqualTo(size);
	}

	/** The answer is yes, no, or does not come. */
	private void askForATail(Random random, long now) {
		Segment slowest = this.work.slowest(now);
		if (slowest != null) {
			slowest.asked(random.nextInt(10) == 0);
			if (!slowest.isAsked() && random.nextBoolean()) {
				this.work.shrink(slowest, WorkMap.middle(slowest));
			}
		}
	}

}
