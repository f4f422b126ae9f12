/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

class PaceTests {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Pace pace = new Pace(DataSize.ofBytes(1000), this.time);

	private final List<String> sent = new ArrayList<>();

	@Test
	void connectionsShareTheLimit() {
		reserve("first");
		reserve("second");
		reserve("third");
		assertThat(this.sent).containsExactly("first");
		this.time.advanceTimeBy(Duration.ofMillis(499));
		assertThat(this.sent).containsExactly("first");
		this.time.advanceTimeBy(Duration.ofMillis(1));
		assertThat(this.sent).containsExactly("first", "second");
		this.time.advanceTimeBy(Duration.ofMillis(500));
		assertThat(this.sent).containsExactly("first", "second", "third");
	}

	@Test
	void timeThatNobodyUsedIsNotSavedUp() {
		this.time.advanceTimeBy(Duration.ofHours(1));
		reserve("first");
		reserve("second");
		assertThat(this.sent).containsExactly("first");
	}

	@Test
	void aChangeHoldsForWhatIsReservedNext() {
		this.pace.change(DataSize.ofBytes(500));
		reserve("first");
		reserve("second");
		this.time.advanceTimeBy(Duration.ofMillis(999));
		assertThat(this.sent).containsExactly("first");
		this.time.advanceTimeBy(Duration.ofMillis(1));
		assertThat(this.sent).containsExactly("first", "second");
	}

	private void reserve(String name) {
		this.pace.reserve(500).subscribe(null, null, () -> this.sent.add(name));
	}

}
