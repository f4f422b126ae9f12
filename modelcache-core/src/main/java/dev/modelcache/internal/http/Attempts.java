package dev.modelcache.internal.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;

import io.github.resilience4j.core.IntervalBiFunction;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;

/**
 * The Resilience4j retries of all models: instance {@code modelcache-<id>}, based on the
 * configuration {@code modelcache}, both from the application's registry where it has
 * them. What the application configures wins, but two things always hold: only failures
 * that another request may mend are retried, and no request comes earlier than the server
 * asked for.
 */
public final class Attempts {

	/** The name of the base configuration, and the prefix of instances. */
	public static final String NAME = "modelcache";

	/**
	 * The longest that a server may have us wait. One that wants more is left, so that
	 * the next mirror or fallback is asked instead.
	 */
	public static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(5);

	private static final Duration FIRST = Duration.ofSeconds(1);

	private static final double FACTOR = 2;

	private static final Duration LONGEST = Duration.ofSeconds(30);

	private static final double JITTER = 0.25;

	private final RetryRegistry registry;

	private final DoubleSupplier random;

	private final Map<String, Retry> effective = new ConcurrentHashMap<>();

	/**
	 * Creates the retries.
	 * @param registry where instances and configurations are looked up and registered
	 * @param random gives a number from 0 (inclusive) to 1 (exclusive) for each delay
	 */
	public Attempts(RetryRegistry registry, DoubleSupplier random) {
		this.registry = registry;
		this.random = random;
	}

	/**
	 * Returns the configuration that is used where the registry has none, beside the
	 * number of attempts.
	 * @return the properties of a retry, as those of Resilience4j's Spring Boot module
	 */
	public static Map<String, Object> defaults() {
		return Map.of("wait-duration", FIRST.toMillis() + "ms", "enable-exponential-backoff", true,
				"exponential-backoff-multiplier", FACTOR, "exponential-max-wait-duration", LONGEST.toMillis() + "ms",
				"enable-randomized-wait", true, "randomized-wait-factor", JITTER);
	}

	/**
	 * Returns the retry for a model's requests.
	 * @param modelId the model's id
	 * @param maxRequests how many requests to allow where the application does not
	 * configure it; at least 1
	 * @return the retry; every subscription of its operator counts anew
	 */
	public Retry forModel(String modelId, int maxRequests) {
		return retry(NAME + "-" + modelId, maxRequests,
				(failure) -> failure instanceof RequestFailedException request && request.reason().isWorthRetrying());
	}

	/**
	 * Returns the retry for attempts at a model's whole file, with the delays of its
	 * requests.
	 * @param modelId the model's id
	 * @param attempts how many attempts to allow; at least 1
	 * @param worthRetrying which failures another attempt may mend
	 * @return the retry
	 */
	public Retry forWholeFile(String modelId, int attempts, Predicate<Throwable> worthRetrying) {
		RetryConfig delays = forModel(modelId, attempts).getRetryConfig();
		return Retry.of(NAME + "-" + modelId + "-file",
				RetryConfig.custom()
					.maxAttempts(attempts)
					.intervalBiFunction(delays.getIntervalBiFunction())
					.retryOnException(worthRetrying)
					.build());
	}

	private Retry retry(String name, int maxRequests, Predicate<Throwable> worthRetrying) {
		return this.effective.computeIfAbsent(name, (key) -> {
			RetryConfig configured = configured(name, maxRequests);
			Retry retry = Retry.of(name,
					RetryConfig.custom()
						.maxAttempts(configured.getMaxAttempts())
						.intervalBiFunction(notBeforeTheServerWants(configured.getIntervalBiFunction()))
						.retryOnException(worthRetrying.and(configured.getExceptionPredicate()))
						.build());
			this.registry.retry(name);
			this.registry.replace(name, retry);
			return retry;
		});
	}

	private RetryConfig configured(String name, int maxRequests) {
		return this.registry.find(name)
			.map(Retry::getRetryConfig)
			.or(() -> this.registry.getConfiguration(NAME)
				.map((base) -> RetryConfig.from(base).maxAttempts(maxRequests).build()))
			.orElseGet(() -> RetryConfig.custom()
				.maxAttempts(maxRequests)
				.intervalBiFunction((attempt, outcome) -> backOff(attempt))
				.build());
	}

	private long backOff(int attempt) {
		double doubled = FIRST.toMillis() * Math.pow(FACTOR, Math.min(attempt - 1, 30));
		double jittered = Math.min(doubled, LONGEST.toMillis()) * (1 - JITTER + 2 * JITTER * this.random.getAsDouble());
		return Math.round(Math.min(jittered, LONGEST.toMillis()));
	}

	private static IntervalBiFunction<Object> notBeforeTheServerWants(IntervalBiFunction<Object> configured) {
		return (attempt, outcome) -> Math.max(configured.apply(attempt, outcome), retryAfter(outcome));
	}

	private static long retryAfter(Either<Throwable, Object> outcome) {
		if (outcome.isLeft() && outcome.getLeft() instanceof RequestFailedException failure
				&& failure.retryAfter() != null) {
			Duration wait = failure.retryAfter();
			return ((wait.compareTo(LONGEST_RETRY_AFTER) < 0) ? wait : LONGEST_RETRY_AFTER).toMillis();
		}
		return 0;
	}

}
