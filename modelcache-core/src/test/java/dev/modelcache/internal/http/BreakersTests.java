/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Breakers}.
 */
class BreakersTests {

	private final CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();

	private final Breakers breakers = new Breakers(this.registry, (host) -> true);

	private final Mirror mirror = mirror("https://one.example/m.gguf");

	private static Mirror mirror(String url) {
		return new Mirror(URI.create(url), Map.of());
	}

	private void fail(Reason reason, int times) {
		for (int i = 0; i < times; i++) {
			Breakers.Permission permission = this.breakers.acquire(this.mirror);
			permission.failed(new RequestFailedException(reason, this.mirror, "failed", null));
			permission.ended();
		}
	}

	private CircuitBreaker breaker() {
		return this.registry.circuitBreaker("modelcache-one.example:443");
	}

	@ParameterizedTest
	@EnumSource(names = { "UNREACHABLE", "TIMEOUT", "RESET", "SERVER_ERROR" })
	void failuresOfTheHostOpenItsBreaker(Reason reason) {
		fail(reason, 10);
		assertThat(breaker().getState()).isEqualTo(CircuitBreaker.State.OPEN);
		assertThatExceptionOfType(RequestFailedException.class).isThrownBy(() -> this.breakers.acquire(this.mirror))
			.withMessage("https://one.example/m.gguf failed too often recently and gets no requests for a while")
			.satisfies((failure) -> {
				assertThat(failure.reason()).isEqualTo(Reason.CIRCUIT_OPEN);
				assertThat(failure.retryAfter()).isEqualTo(Duration.ofSeconds(30));
			});
	}

	@Test
	void whoeverIsRefusedWhileAnotherRequestTriesTheHostOutNeedNotWaitAsLong() {
		fail(Reason.RESET, 10);
		breaker().transitionToHalfOpenState();
		for (int i = 0; i < 3; i++) {
			this.breakers.acquire(this.mirror);
		}
		assertThatExceptionOfType(RequestFailedException.class).isThrownBy(() -> this.breakers.acquire(this.mirror))
			.satisfies((failure) -> assertThat(failure.retryAfter()).isEqualTo(Duration.ofSeconds(1)));
	}

	@ParameterizedTest
	@EnumSource(
			names = { "NOT_FOUND", "ACCESS_DENIED", "REFUSED", "TOO_MANY_REQUESTS", "ILLEGAL_RESPONSE", "NOT_A_MODEL" })
	void whatSaysNothingAboutTheHostDoesNotCount(Reason reason) {
		fail(reason, 30);
		assertThat(breaker().getState()).isEqualTo(CircuitBreaker.State.CLOSED);
		assertThat(breaker().getMetrics().getNumberOfBufferedCalls()).isZero();
	}

	@Test
	void otherHostsAndPortsAreNotConcerned() {
		fail(Reason.UNREACHABLE, 10);
		assertThat(this.breakers.acquire(mirror("https://one.example:8443/m.gguf"))).isNotNull();
		assertThat(this.breakers.acquire(mirror("https://two.example/m.gguf"))).isNotNull();
	}

	@Test
	void onlyTheFirstJudgementCounts() {
		Breakers.Permission permission = this.breakers.acquire(this.mirror);
		permission.succeeded();
		permission.failed(new RequestFailedException(Reason.RESET, this.mirror, "broke in the body", null));
		permission.ended();
		assertThat(breaker().getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(1);
		assertThat(breaker().getMetrics().getNumberOfFailedCalls()).isZero();
	}

	@Test
	void failureDoesNotCountWhileTheHostDeliversToAnotherRequest() {
		Breakers.Permission delivered = this.breakers.acquire(this.mirror);
		delivered.succeeded();
		fail(Reason.SERVER_ERROR, 3);
		assertThat(breaker().getMetrics().getNumberOfFailedCalls()).isZero();
		delivered.ended();
		fail(Reason.RESET, 1);
		assertThat(breaker().getMetrics().getNumberOfFailedCalls()).isEqualTo(1);
	}

	@Test
	void cancellationDoesNotCount() {
		this.breakers.acquire(this.mirror).ended();
		assertThat(breaker().getMetrics().getNumberOfBufferedCalls()).isZero();
	}

	@Test
	void configurationOfTheApplicationWins() {
		CircuitBreakerRegistry configured = CircuitBreakerRegistry.of(Map.of("modelcache",
				CircuitBreakerConfig.custom().slidingWindowSize(2).minimumNumberOfCalls(2).build()));
		Breakers impatient = new Breakers(configured, (host) -> true);
		for (int i = 0; i < 2; i++) {
			impatient.acquire(this.mirror)
				.failed(new RequestFailedException(Reason.UNREACHABLE, this.mirror, "failed", null));
		}
		assertThatExceptionOfType(RequestFailedException.class).isThrownBy(() -> impatient.acquire(this.mirror));
	}

	@Test
	void hostsThatAreNotConfiguredAreNotRegisteredAndTheLeastRecentlyUsedIsForgotten() {
		Breakers some = new Breakers(this.registry, "configured.example:443"::equals);
		some.acquire(mirror("https://configured.example/m.gguf")).succeeded();
		open(some, this.mirror);
		assertThatExceptionOfType(RequestFailedException.class).isThrownBy(() -> some.acquire(this.mirror));
		for (int i = 0; i < 1000; i++) {
			some.acquire(mirror("https://host" + i + ".example/m.gguf")).succeeded();
		}
		assertThat(some.acquire(this.mirror)).isNotNull();
		assertThat(this.registry.getAllCircuitBreakers()).extracting(CircuitBreaker::getName)
			.containsExactly("modelcache-configured.example:443");
	}

	@Test
	void withoutARegistryHostsHaveBreakersToo() {
		Breakers own = new Breakers(null, (host) -> true);
		open(own, this.mirror);
		assertThatExceptionOfType(RequestFailedException.class).isThrownBy(() -> own.acquire(this.mirror));
	}

	private static void open(Breakers breakers, Mirror mirror) {
		for (int i = 0; i < 10; i++) {
			breakers.acquire(mirror).failed(new RequestFailedException(Reason.RESET, mirror, "failed", null));
		}
	}

}
