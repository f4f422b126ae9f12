package dev.modelcache.internal.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;

/**
 * A circuit breaker for each mirror's {@code host:port}, instance
 * {@code modelcache-<host:port>}, based on the configuration {@code modelcache}, both
 * from the application's registry where it has them. A breaker judges a request by what
 * happens up to its response's headers: how long a body takes says nothing about the
 * host. What the client did wrong (4xx), and a cancellation, do not count.
 */
public final class Breakers {

	private static final CircuitBreakerConfig DEFAULTS = CircuitBreakerConfig.custom()
		.slidingWindowType(SlidingWindowType.COUNT_BASED)
		.slidingWindowSize(20)
		.minimumNumberOfCalls(10)
		.failureRateThreshold(50)
		.waitDurationInOpenState(Duration.ofSeconds(30))
		.permittedNumberOfCallsInHalfOpenState(3)
		.automaticTransitionFromOpenToHalfOpenEnabled(true)
		.build();

	/** How long until a breaker that tries its host out may have made up its mind. */
	private static final Duration TRIAL = Duration.ofSeconds(1);

	private final CircuitBreakerRegistry registry;

	/**
	 * Creates the breakers.
	 * @param registry where instances and configurations are looked up and registered
	 */
	public Breakers(CircuitBreakerRegistry registry) {
		this.registry = registry;
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
	 * @throws RequestFailedException if the mirror is to be left alone for now, and for
	 * how long
	 */
	public Permission acquire(Mirror mirror) {
		String name = Attempts.NAME + "-" + mirror.origin().authority();
		CircuitBreaker breaker = this.registry.find(name)
			.orElseGet(() -> this.registry.circuitBreaker(name,
					this.registry.getConfiguration(Attempts.NAME).orElse(DEFAULTS)));
		if (!breaker.tryAcquirePermission()) {
			throw new RequestFailedException(Reason.CIRCUIT_OPEN, mirror,
					"failed too often lately and is left alone for a while", 0, untilItIsWorthAsking(breaker));
		}
		return new Permission(breaker);
	}

	private static Duration untilItIsWorthAsking(CircuitBreaker breaker) {
		if (breaker.getState() == CircuitBreaker.State.HALF_OPEN) {
			return TRIAL;
		}
		return Duration.ofMillis(breaker.getCircuitBreakerConfig().getWaitIntervalFunctionInOpenState().apply(1));
	}

	/**
	 * Leave to send one request. Only the first judgement counts.
	 */
	public static final class Permission {

		private final CircuitBreaker breaker;

		private final AtomicBoolean judged = new AtomicBoolean();

		private Permission(CircuitBreaker breaker) {
			this.breaker = breaker;
		}

		/** The response's headers arrived. */
		public void succeeded() {
			if (this.judged.compareAndSet(false, true)) {
				// No duration: there is no slow-call rule.
				this.breaker.onSuccess(0, TimeUnit.NANOSECONDS);
			}
		}

		/**
		 * The request failed before its response's headers arrived.
		 * @param failure how
		 */
		public void failed(RequestFailedException failure) {
			if (!failure.reason().isHostFailure()) {
				released();
			}
			else if (this.judged.compareAndSet(false, true)) {
				this.breaker.onError(0, TimeUnit.NANOSECONDS, failure);
			}
		}

		/** The request ended without telling anything about the host. */
		public void released() {
			if (this.judged.compareAndSet(false, true)) {
				this.breaker.releasePermission();
			}
		}

	}

}
