/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.internal.transfer.Hosts.Host;
import dev.modelcache.internal.Origin;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Hosts}: what is remembered of a host, and who is served next.
 */
class HostsTests {

	private static final Runnable ONE = () -> {
	};

	private final Hosts hosts = new Hosts();

	private Host host(String name) {
		return this.hosts.of(Origin.of(URI.create("https://" + name)));
	}

	@Test
	void modeIsThatOfTheHostAndNeverGoesUp() {
		assertThat(host("a").stepDown(FetchMode.WHOLE_FILE)).isTrue();
		assertThat(host("a").stepDown(FetchMode.ONE_CONNECTION)).isFalse();
		assertThat(host("a").mode()).isEqualTo(FetchMode.WHOLE_FILE);
		assertThat(host("a:8443").mode()).isEqualTo(FetchMode.SEGMENTS);
		assertThat(host("b").mode()).isEqualTo(FetchMode.SEGMENTS);
	}

	@Test
	void hostThatRefusesWholeFilesIsAskedForRanges() {
		host("a").stepDown(FetchMode.WHOLE_FILE);
		assertThat(host("a").refusedWholeFile()).isTrue();
		assertThat(host("a").mode()).isEqualTo(FetchMode.ONE_CONNECTION);
		assertThat(host("a").stepDown(FetchMode.WHOLE_FILE)).isFalse();
	}

	@Test
	void hostsThatWereUsedLastAreRemembered() {
		host("first").stepDown(FetchMode.WHOLE_FILE);
		host("kept").stepDown(FetchMode.WHOLE_FILE);
		for (int i = 0; i < 255; i++) {
			host("kept");
			host("other" + i);
		}
		assertThat(host("kept").mode()).isEqualTo(FetchMode.WHOLE_FILE);
		assertThat(host("first").mode()).isEqualTo(FetchMode.SEGMENTS);
	}

	@Test
	void numberOfConnectionsIsThatOfThoseThatAreServed() {
		Host host = host("a");
		host.begin(ONE, 0);
		host.answered();
		host.begin(ONE, 0);
		host.answered();
		assertThat(host.begin(ONE, 0)).isEqualTo(2);
		assertThat(host.served(2)).isEqualTo(2);
		assertThat(host.serves(2, 0)).isTrue();
		host.ended(false, 0);
		assertThat(host.mayBegin(ONE, 0)).isFalse();
		host.ended(true, 0);
		assertThat(host.mayBegin(ONE, 0)).isTrue();
	}

	@Test
	void furtherConnectionThatIsServedCounts() {
		Host host = limitedToOne();
		long minute = Host.FIRST_TRIAL.toNanos();
		assertThat(host.mayBegin(ONE, minute - 1)).isFalse();
		assertThat(host.mayBegin(ONE, minute)).isTrue();
		host.begin(ONE, minute);
		assertThat(host.mayBegin(ONE, minute)).isFalse();
		host.answered();
		host.ended(true, minute);
		assertThat(host.mayBegin(ONE, minute)).isTrue();
	}

	@Test
	void transfersAreServedInTurn() {
		Host host = limitedToOne();
		List<String> told = new ArrayList<>();
		Runnable first = () -> told.add("first");
		Runnable second = () -> told.add("second");
		assertThat(host.mayBegin(first, 1)).isFalse();
		assertThat(host.mayBegin(second, 1)).isFalse();
		host.ended(true, 1);
		assertThat(told).containsExactly("first");
		assertThat(host.mayBegin(ONE, 1)).isFalse();
		assertThat(host.mayBegin(first, 1)).isTrue();
		host.begin(first, 1);
		host.ended(false, 1);
		assertThat(told).containsExactly("first", "second");
	}

	@Test
	void placeOfATransferThatHasLeftIsFree() {
		Host host = limitedToOne();
		Runnable leaving = () -> {
		};
		assertThat(host.mayBegin(leaving, 1)).isFalse();
		host.ended(true, 1);
		assertThat(host.mayBegin(ONE, 1)).isFalse();
		host.leave(leaving);
		assertThat(host.mayBegin(ONE, 1)).isTrue();
	}

	/** One connection is served, and no other. */
	private Host limitedToOne() {
		Host host = host("limited");
		host.begin(ONE, 0);
		host.answered();
		host.begin(ONE, 0);
		assertThat(host.serves(host.served(1), 0)).isTrue();
		host.ended(false, 0);
		return host;
	}

}
