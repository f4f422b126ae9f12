/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

import dev.modelcache.ModelRequest;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import org.jspecify.annotations.Nullable;

/**
 * How often requests are sent, and when: Resilience4j's retry {@code modelcache-<id>},
 * based on the configuration {@code modelcache}, both from the application's registry
 * where it has them. What the application configures wins, but two things always hold:
 * only failures that another request may avoid are retried, and no request comes earlier
 * than the server asked for.
 * <p>
 * The retries of configured models are registered. One of any other id is made for each
 * acquisition and then dropped, unless the application has registered it.
 */
public final class Attempts {

	/** The name of the base configuration, and the prefix of instances. */
	public static final String NAME = "modelcache";

	private static final Duration FIRST = Duration.ofSeconds(1);

	private static final double FACTOR = 2;

	private static final Duration LONGEST = Duration.ofSeconds(30);

	private static final double JITTER = 0.25;

	private final @Nullable RetryRegistry registry;

	private final ToIntFunction<String> configured;

	private final DoubleSupplier random;

	private final Map<String, Registered> registered = new ConcurrentHashMap<>();

	/**
	 * Creates the attempts.
	 * @param registry where configurations are looked up and instances are registered, or
	 * {@code null} for none
	 * @param configured returns the number of attempts of a configured model by its id,
	 * and 0 for any other id
	 * @param random gives a number from 0 (inclusive) to 1 (exclusive) for each delay
	 */
	public Attempts(@Nullable RetryRegistry registry, ToIntFunction<String> configured, DoubleSupplier random) {
		this.registry = registry;
		this.configured = configured;
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
		String name = NAME + "-" + modelId;
		RetryRegistry registry = this.registry;
		int configured = this.configured.applyAsInt(modelId);
		if (registry == null || (configured == 0 && registry.find(name).isEmpty())) {
			return create(name, null, maxRequests);
		}
		Registered known = this.registered.computeIfAbsent(name, (key) -> {
			RetryConfig own = registry.find(name).map(Retry::getRetryConfig).orElse(null);
			Retry retry = create(name, own, configured);
			registry.retry(name);
			registry.replace(name, retry);
			return new Registered(own, retry);
		});
		return (known.own() != null || configured == maxRequests) ? known.retry() : create(name, null, maxRequests);
	}

	/**
	 * Returns the retry for attempts at a model's whole file, with the delays of its
	 * requests.
	 * @param modelId the model's id
	 * @param attempts how many attempts to allow; at least 1
	 * @param worthRetrying which failures another attempt may avoid
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

	/**
	 * Returns the retry for one question about a model, with the attempts and the delays
	 * of its requests.
	 * @param model the model
	 * @param meaning tells which failure an answer means; {@code null} for none
	 * @return the retry
	 */
	Retry forAnswers(ModelRequest model, Function<MetadataResponse, @Nullable RequestFailedException> meaning) {
		RetryConfig requests = forModel(model.id(), Math.max(1, model.maxAttempts())).getRetryConfig();
		return Retry.of(NAME + "-" + model.id() + "-metadata", RetryConfig.<MetadataResponse>custom()
			.maxAttempts(requests.getMaxAttempts())
			.intervalBiFunction((attempt, outcome) -> requests.getIntervalBiFunction()
				.apply(attempt,
						outcome.isLeft() ? Either.left(outcome.getLeft()) : Either.left(meaning.apply(outcome.get()))))
			.retryOnException(requests.getExceptionPredicate())
			.retryOnResult((answer) -> {
				RequestFailedException failure = meaning.apply(answer);
				return failure != null && requests.getExceptionPredicate().test(failure);
			})
			.build());
	}

	/**
	 * Creates a retry.
	 * @param name its name
	 * @param own what the application configured for that name, or {@code null}
	 * @param maxRequests how many requests to allow otherwise
	 */
	private Retry create(String name, @Nullable RetryConfig own, int maxRequests) {
		RetryConfig config = (own != null) ? own
				: base().map((base) -> RetryConfig.from(base).maxAttempts(maxRequests).build())
					.orElseGet(() -> RetryConfig.custom()
						.maxAttempts(maxRequests)
						.intervalBiFunction((attempt, outcome) -> backOff(attempt))
						.build());
		return Retry.of(name,
				RetryConfig.custom()
					.maxAttempts(config.getMaxAttempts())
					.intervalBiFunction((attempt, outcome) -> Math
						.max(config.getIntervalBiFunction().apply(attempt, outcome), wanted(outcome)))
					.retryOnException((failure) -> failure instanceof RequestFailedException request
							&& request.reason().isWorthRetrying() && config.getExceptionPredicate().test(failure))
					.build());
	}

	private Optional<RetryConfig> base() {
		return (this.registry != null) ? this.registry.getConfiguration(NAME) : Optional.empty();
	}

	private long backOff(int attempt) {
		double doubled = FIRST.toMillis() * Math.pow(FACTOR, Math.min(attempt - 1, 30));
		double jittered = Math.min(doubled, LONGEST.toMillis()) * (1 - JITTER + 2 * JITTER * this.random.getAsDouble());
		return Math.round(Math.min(jittered, LONGEST.toMillis()));
	}

	private static long wanted(Either<Throwable, Object> outcome) {
		Duration pause = (outcome.isLeft() && outcome.getLeft() instanceof RequestFailedException failure)
				? failure.retryAfter() : null;
		if (pause == null) {
			return 0;
		}
		return ((pause.compareTo(Pauses.LONGEST) < 0) ? pause : Pauses.LONGEST).toMillis();
	}

	/**
	 * A retry in the application's registry.
	 *
	 * @param own what the application had configured for its name, or {@code null}
	 * @param retry the retry that took its place
	 */
	private record Registered(@Nullable RetryConfig own, Retry retry) {

	}

}
