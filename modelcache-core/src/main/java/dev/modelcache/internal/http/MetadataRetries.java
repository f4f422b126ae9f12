package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.Duration;
import java.util.function.BiFunction;

import dev.modelcache.ModelRequest;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import org.jspecify.annotations.Nullable;

/**
 * How often a source is asked about a model: as often, and with the delays, as the
 * configuration of the model's retries says, but only after failures that pass (no
 * connection, no answer in time, 408, 429, 5xx), and never earlier than the server wants.
 */
public final class MetadataRetries {

	/** The longest that a server may have us wait: a window of five minutes. */
	static final Duration LONGEST_DELAY = Duration.ofSeconds(301);

	private final BiFunction<String, Integer, RetryConfig> configuration;

	private final Clock clock;

	/**
	 * Creates the retries.
	 * @param configuration gives the attempts and the delays for the id of a model and
	 * the number of requests that it allows
	 * @param clock tells how far away the date of a {@code Retry-After} is
	 */
	public MetadataRetries(BiFunction<String, Integer, RetryConfig> configuration, Clock clock) {
		this.configuration = configuration;
		this.clock = clock;
	}

	Retry forModel(ModelRequest model) {
		RetryConfig configured = this.configuration.apply(model.id(), Math.max(1, model.maxAttempts()));
		return Retry.of("modelcache-" + model.id() + "-metadata",
				RetryConfig.<MetadataResponse>custom()
					.maxAttempts(configured.getMaxAttempts())
					.intervalBiFunction((attempt, outcome) -> delay(configured, attempt, outcome))
					.retryOnException((failure) -> failure instanceof FailedRequest failed && failed.isWorthRetrying())
					.retryOnResult(this::isWorthRetrying)
					.build());
	}

	@Nullable Duration delayWanted(MetadataResponse response) {
		return RateLimits.delay(response, this.clock);
	}

	private boolean isWorthRetrying(MetadataResponse response) {
		boolean passing = response.status() == 408 || response.status() == 429 || response.status() >= 500;
		Duration delay = delayWanted(response);
		return passing && (delay == null || delay.compareTo(LONGEST_DELAY) <= 0);
	}

	private long delay(RetryConfig configured, int attempt, Either<Throwable, MetadataResponse> outcome) {
		@Nullable Duration wanted = outcome.isRight() ? delayWanted(outcome.get()) : null;
		Long backOff = configured.getIntervalBiFunction().apply(attempt, Either.left(new IllegalStateException()));
		return Math.max(backOff, (wanted != null) ? wanted.toMillis() : 0);
	}

}
