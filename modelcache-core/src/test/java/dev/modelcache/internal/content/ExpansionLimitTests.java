/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelFormatException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ExpansionLimitTests {

	private static final long MIB = 1 << 20;

	private final Frontier frontier = new Frontier();

	private final ExpansionLimit limit = new ExpansionLimit(new DecompressionPlan("m", "https://host/m.gz",
			Compression.GZIP, Set.of(Algorithm.SHA256), new DecompressionSettings(20), false), this.frontier);

	@Test
	void whatTheBytesThatAreThereMayGiveIsAllowedAtOnce() throws Exception {
		this.limit.await(MIB);
		this.frontier.advance(MIB);
		this.limit.await(20 * MIB);
	}

	@Test
	void whatIsMoreWaitsForFurtherBytes() throws Exception {
		this.frontier.advance(MIB);
		FutureTask<Boolean> waiting = new FutureTask<>(() -> {
			this.limit.await(40 * MIB);
			return true;
		});
		Thread thread = new Thread(waiting, "waiting");
		thread.start();
		Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> thread.getState() == Thread.State.WAITING);
		this.frontier.advance(2 * MIB);
		assertThat(waiting.get(3, TimeUnit.MINUTES)).isTrue();
	}

	@Test
	void whatIsMoreThanTheWholeFileMayGiveIsAnError() {
		this.frontier.advance(MIB);
		this.frontier.complete();
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> this.limit.await(20 * MIB + 1))
			.withMessageContaining("more than 20 times as large as the file of 1048576 bytes");
	}

	@Test
	void whoWaitsIsSentAway() {
		this.frontier.close();
		assertThatExceptionOfType(StoppedException.class).isThrownBy(() -> this.limit.await(2 * MIB));
	}

}
