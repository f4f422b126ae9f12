/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Duration;

import dev.modelcache.internal.transfer.TransferSettings;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ResponseTimeouts}.
 */
class ResponseTimeoutsTests {

	private static final URI HOST = URI.create("https://models.example/m.gguf");

	private final ResponseTimeouts timeouts = new ResponseTimeouts(TransferSettings.defaults().http());

	@Test
	void timeGrowsFromTryToTry() {
		assertThat(this.timeouts.of(HOST)).hasSeconds(30);
		this.timeouts.exceeded(HOST, Duration.ofSeconds(30));
		assertThat(this.timeouts.of(HOST)).hasMinutes(2);
		this.timeouts.exceeded(HOST, Duration.ofMinutes(2));
		assertThat(this.timeouts.of(HOST)).hasMinutes(10);
		this.timeouts.exceeded(HOST, Duration.ofMinutes(10));
		assertThat(this.timeouts.of(HOST)).hasMinutes(10);
	}

	@Test
	void timeOfOtherHostsStays() {
		this.timeouts.exceeded(HOST, Duration.ofSeconds(30));
		assertThat(this.timeouts.of(URI.create("https://mirror.example/m.gguf"))).hasSeconds(30);
		assertThat(this.timeouts.of(URI.create("https://models.example/other.gguf"))).hasMinutes(2);
	}

	@Test
	void requestsOfSeveralConnectionsAreOneTry() {
		this.timeouts.exceeded(HOST, Duration.ofSeconds(30));
		this.timeouts.exceeded(HOST, Duration.ofSeconds(30));
		assertThat(this.timeouts.of(HOST)).hasMinutes(2);
	}

	@Test
	void hostThatAnswersInTheUsualTimeIsAsOthersAgain() {
		this.timeouts.exceeded(HOST, Duration.ofSeconds(30));
		this.timeouts.answered(HOST, Duration.ofSeconds(40));
		assertThat(this.timeouts.of(HOST)).hasMinutes(2);
		this.timeouts.answered(HOST, Duration.ofSeconds(1));
		assertThat(this.timeouts.of(HOST)).hasSeconds(30);
	}

	@Test
	void timeEndsWhereAnAcquisitionIsGivenUp() {
		ResponseTimeouts hasty = new ResponseTimeouts(
				new HttpSettings(Duration.ofSeconds(30), Duration.ofSeconds(60), HttpSettings.LARGEST_ANSWER, 5, true));
		hasty.exceeded(HOST, Duration.ofSeconds(30));
		assertThat(hasty.of(HOST)).hasSeconds(60);
	}

}
