/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Goodput}.
 */
class GoodputTests {

	private final Goodput goodput = new Goodput();

	/** Windows that bring so many bytes each; returns whether one told to use fewer. */
	private boolean windows(int number, long bytes, int connections) {
		return IntStream.range(0, number).filter((window) -> {
			this.goodput.came(bytes);
			return this.goodput.passed(Goodput.WINDOW.toNanos(), connections);
		}).count() > 0;
	}

	@Test
	void steadySpeedKeepsAllConnections() {
		assertThat(windows(100, 1000, 4)).isFalse();
		assertThat(windows(2, 100, 4)).isFalse();
		assertThat(windows(100, 600, 4)).isFalse();
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void halfOfTheConnectionsStayIfTheyBringMore() {
		windows(2, 1000, 4);
		windows(3, 400, 4);
		assertThat(this.goodput.most()).isEqualTo(2);
		assertThat(windows(1, 900, 2)).isFalse();
		assertThat(this.goodput.most()).as("all are compared with them").isEqualTo(Integer.MAX_VALUE);
		assertThat(windows(1, 400, 4)).isTrue();
		assertThat(this.goodput.most()).isEqualTo(2);
		assertThat(this.goodput.before()).isEqualTo(4);
		assertThat(windows(50, 900, 2)).isFalse();
		assertThat(this.goodput.most()).isEqualTo(2);
	}

	@Test
	void windowsInWhichConnectionsEndOrBeginDoNotCount() {
		windows(2, 1000, 4);
		windows(3, 400, 4);
		assertThat(windows(10, 5000, 3)).isFalse();
		windows(1, 450, 2);
		assertThat(windows(10, 1, 3)).isFalse();
		assertThat(windows(1, 400, 4)).isFalse();
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void fewerAndFewerAreTriedWhileThatHelps() {
		windows(2, 10_000, 4);
		windows(3, 1000, 4);
		windows(1, 5000, 2);
		assertThat(windows(1, 1000, 4)).isTrue();
		windows(2, 5000, 2);
		windows(3, 1000, 2);
		assertThat(this.goodput.most()).isOne();
		windows(1, 4000, 1);
		assertThat(windows(1, 1000, 2)).isTrue();
		windows(20, 10, 1);
		assertThat(this.goodput.most()).isOne();
	}

	@Test
	void lineThatHasBecomeSlowerIsUsedByAllAgainAndNotTriedTwice() {
		windows(2, 1000, 4);
		windows(3, 400, 4);
		windows(1, 410, 2);
		assertThat(windows(1, 400, 4)).isFalse();
		windows(50, 400, 4);
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void lineThatWasSlowForAWhileIsUsedByAllAgain() {
		windows(2, 1000, 4);
		windows(3, 100, 4);
		assertThat(windows(1, 900, 2)).isFalse();
		assertThat(windows(1, 1000, 4)).isFalse();
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void lineThatIsDeadForAWhileIsNotTried() {
		windows(2, 1000, 4);
		windows(10, 0, 4);
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void otherNumbersOfConnectionsAreNotCompared() {
		windows(2, 1000, 4);
		windows(20, 300, 2);
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void failedRequestsStartTheWindowsAgain() {
		windows(2, 1000, 4);
		for (int i = 0; i < 10; i++) {
			windows(2, 100, 4);
			this.goodput.failed();
		}
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void failedRequestEndsATrial() {
		windows(2, 1000, 4);
		windows(3, 100, 4);
		assertThat(this.goodput.most()).isEqualTo(2);
		this.goodput.failed();
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
		windows(1, 900, 2);
		assertThat(windows(1, 100, 4)).isFalse();
	}

	@Test
	void bytesOfTimeInWhichNoneWereWantedDoNotCount() {
		windows(2, 1000, 4);
		this.goodput.came(50_000);
		this.goodput.notWanted();
		windows(20, 600, 4);
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

	@Test
	void loneConnectionIsNotTried() {
		windows(1, 1000, 1);
		windows(20, 10, 1);
		assertThat(this.goodput.most()).isEqualTo(Integer.MAX_VALUE);
	}

}
