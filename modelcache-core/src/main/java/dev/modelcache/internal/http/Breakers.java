/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import dev.modelcache.internal.Origin;
import dev.modelcache.internal.RecentlyUsed;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker for each mirror's {@code host:port}, instance
 * {@code modelcache-<host:port>}, based on the configuration {@code modelcache}, both
 * from the application's registry where it has them. A breaker judges a request by what
 * happens up to its response's headers: how long a body takes says nothing about the
 * host. What the client did wrong (4xx), and a cancellation, do not count.
 * <p>
 * The breakers of configured hosts are registered. Those of other hosts are not, unless
 * the application has registered them, and the least recently used ones are dropped.
 */
public final class Breakers {

	private static final CircuitBreakerConfig DEFAULTS = CircuitBreakerConfig.custom()
		.slidingWindowType(SlidingWindowType.COUNT_BASED)
		.slidingWindowSize(20)
		.minimumNumberOfCalls(10)
		// A host that answers now and then still brings a file.
		.failureRateThreshold(90)
		.waitDurationInOpenState(Duration.ofSeconds(30))
		.permittedNumberOfCallsInHalfOpenState(3)
		.automaticTransitionFromOpenToHalfOpenEnabled(true)
		.build();

	/** How long until a breaker that tries its host out may have made up its mind. */
	private static final Duration TRIAL = Duration.ofSeconds(1);

	/** How many hosts that are not configured have a breaker. */
	private static final int MOST_OTHERS = 256;

	private final @Nullable CircuitBreakerRegistry registry;

	private final Predicate<String> configured;

	/** The breakers of other hosts, the least recently used first. */
	private final Map<String, CircuitBreaker> others = new RecentlyUsed<>(MOST_OTHERS);

	/** How many requests each host delivers to at this moment. */
	private final Map<CircuitBreaker, Integer> delivering = new ConcurrentHashMap<>();

	/**
	 * Creates the breakers.
	 * @param registry where configurations are looked up and instances are registered, or
	 * {@code null} for none
	 * @param configured tells whether a {@code host:port} is configured
	 */
	public Breakers(@Nullable CircuitBreakerRegistry registry, Predicate<String> configured) {
		this.registry = registry;
		this.configured = configured;
	}

	/**
	 * Returns the configuration that is used where the registry has none.
	 * @return the properties of a circuit breaker, as those of Resilience4j's Spring Boot
	 * module
	 */
	public static Map<String, Object> defaults() {
		return Map.of("sliding-window-type", DEFAULTS.getSlidingWindowType().name(), "sliding-window-size",
				DEFAULTS.getSlidingWindowSize(), "minimum-number-of-calls", DEFAULTS.getMinimumNumberOfCalls(),
				"failure-rate-threshold", DEFAULTS.getFailureRateThreshold(), "wait-duration-in-open-state",
				DEFAULTS.getWaitIntervalFunctionInOpenState().apply(1) + "ms",
				"permitted-number-of-calls-in-half-open-state", DEFAULTS.getPermittedNumberOfCallsInHalfOpenState(),
				"automatic-transition-from-open-to-half-open-enabled",
				DEFAULTS.isAutomaticTransitionFromOpenToHalfOpenEnabled());
	}

	/**
	 * Asks for leave to send a request.
	 * @param mirror whom to ask
	 * @return the permission; its holder says once how the request went
	 * @throws RequestFailedException if the mirror must not be asked for now, and for how
	 * long
	 */
	public Permission acquire(Mirror mirror) {
		CircuitBreaker breaker = breaker(Origin.of(mirror.uri()).authority());
		if (!breaker.tryAcquirePermission()) {
			throw new RequestFailedException(Reason.CIRCUIT_OPEN, mirror.uri(),
					"failed too often recently and gets no requests for a while", 0, untilItIsWorthAsking(breaker));
		}
		return new Permission(breaker);
	}

	private CircuitBreaker breaker(String host) {
		String name = Attempts.NAME + "-" + host;
		CircuitBreakerConfig config = DEFAULTS;
		if (this.registry != null) {
			config = this.registry.getConfiguration(Attempts.NAME).orElse(DEFAULTS);
			if (this.configured.test(host)) {
				return this.registry.circuitBreaker(name, config);
			}
			CircuitBreaker known = this.registry.find(name).orElse(null);
			if (known != null) {
				return known;
			}
		}
		synchronized (this.others) {
			CircuitBreaker known = this.others.get(name);
			if (known == null) {
				known = CircuitBreaker.of(name, config);
				this.others.put(name, known);
			}
			return known;
		}
	}

	private static Duration untilItIsWorthAsking(CircuitBreaker breaker) {
		if (breaker.getState() == CircuitBreaker.State.HALF_OPEN) {
			return TRIAL;
		}
		return Duration.ofMillis(breaker.getCircuitBreakerConfig().getWaitIntervalFunctionInOpenState().apply(1));
	}

	/**
	 * Leave to send one request. Only the first judgement counts. A failure does not
	 * count while the host delivers to another request: it refuses connections that are
	 * too many, and is not down.
	 */
	public final class Permission {

		private final CircuitBreaker breaker;

		private boolean judged;

		private boolean delivers;

		private boolean over;

		private Permission(CircuitBreaker breaker) {
			this.breaker = breaker;
		}

		private boolean isDelivering() {
			return Breakers.this.delivering.containsKey(this.breaker);
		}

		/** The response's headers arrived, and its body follows. */
		public synchronized void succeeded() {
			if (!this.judged && !this.over) {
				this.judged = true;
				// No duration: there is no slow-call rule.
				this.breaker.onSuccess(0, TimeUnit.NANOSECONDS);
				this.delivers = true;
				Breakers.this.delivering.merge(this.breaker, 1, Integer::sum);
			}
		}

		/**
		 * The request failed before its response's headers arrived.
		 * @param failure how
		 */
		public synchronized void failed(RequestFailedException failure) {
			if (!this.judged && failure.reason().isHostFailure() && !isDelivering()) {
				this.judged = true;
				this.breaker.onError(0, TimeUnit.NANOSECONDS, failure);
			}
		}

		/** The request ended; without a judgement, it tells nothing about the host. */
		public synchronized void ended() {
			this.over = true;
			if (!this.judged) {
				this.judged = true;
				this.breaker.releasePermission();
			}
			if (this.delivers) {
				this.delivers = false;
				Breakers.this.delivering.computeIfPresent(this.breaker,
						(key, number) -> (number > 1) ? number - 1 : null);
			}
		}

	}

}
