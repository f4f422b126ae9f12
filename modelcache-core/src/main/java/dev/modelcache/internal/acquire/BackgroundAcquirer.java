package dev.modelcache.internal.acquire;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import dev.modelcache.BackgroundAttempts;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.internal.FailureBoundary;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Acquires the configured models in the background: once at the start, and again when a
 * health check finds one missing, or failed for a reason that time may mend.
 */
public final class BackgroundAcquirer implements BackgroundAttempts, AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(BackgroundAcquirer.class);

	private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);

	private static final Set<ErrorCode> MENDED_BY_TIME = EnumSet.of(ErrorCode.TRANSFER, ErrorCode.STORAGE,
			ErrorCode.LOCK_TIMEOUT);

	private final ModelCache cache;

	private final ConfiguredModels models;

	private final Duration retryInterval;

	private final boolean onFirstUse;

	private final Clock clock;

	private final KeepAlive keepAlive = new KeepAlive();

	private final Map<String, Attempts> attempts = new ConcurrentHashMap<>();

	private volatile boolean closed;

	/**
	 * Creates an acquirer.
	 * @param cache what acquires
	 * @param models what is configured
	 * @param retryInterval the shortest time between an attempt that failed and the next
	 * one; doubles with each failure, up to an hour
	 * @param onFirstUse whether models are left alone until somebody asks for them
	 * @param clock tells the time
	 */
	public BackgroundAcquirer(ModelCache cache, ConfiguredModels models, Duration retryInterval, boolean onFirstUse,
			Clock clock) {
		this.cache = cache;
		this.models = models;
		this.retryInterval = retryInterval;
		this.onFirstUse = onFirstUse;
		this.clock = clock;
		models.ids().forEach((id) -> this.attempts.put(id, new Attempts(id)));
	}

	/**
	 * Starts an attempt for every configured model.
	 */
	public void startAll() {
		this.models.ids().forEach((id) -> attemptsOf(id).start());
	}

	@Override
	public boolean counts(String modelId) {
		if (!this.onFirstUse || status(modelId).state() != ModelState.ABSENT) {
			attemptsOf(modelId).used = true;
		}
		return attemptsOf(modelId).used;
	}

	@Override
	public void startIfDue(String modelId) {
		ModelStatus status = status(modelId);
		if (counts(modelId) && isMendable(status)) {
			attemptsOf(modelId).startIfDue();
		}
	}

	@Override
	public void start(String modelId) {
		attemptsOf(modelId).start();
	}

	/** A mock of the application's tests knows no status. */
	private ModelStatus status(String modelId) {
		return Objects.requireNonNullElse(this.cache.status(modelId), ModelStatus.absent(modelId));
	}

	private static boolean isMendable(ModelStatus status) {
		return status.state() == ModelState.ABSENT
				|| (status.state() == ModelState.FAILED && status.error() != null && isMendedByTime(status.error()));
	}

	/** A failure is mended by time if one of the failures that led to it may be. */
	private static boolean isMendedByTime(ModelCacheException failure) {
		return MENDED_BY_TIME.contains(failure.code()) || Stream.of(failure.getSuppressed())
			.anyMatch((suppressed) -> suppressed instanceof ModelCacheException other && isMendedByTime(other));
	}

	private Attempts attemptsOf(String id) {
		Attempts attempts = this.attempts.get(id);
		if (attempts == null) {
			throw new IllegalArgumentException("not configured: " + id);
		}
		return attempts;
	}

	/**
	 * Cancels the attempts that are under way; none follow.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.attempts.values().forEach(Attempts::cancel);
	}

	private final class Attempts {

		private final String id;

		private boolean running;

		private int failures;

		private @Nullable Instant lastFailure;

		private @Nullable Disposable current;

		private volatile boolean used;

		Attempts(String id) {
			this.id = id;
		}

		synchronized void startIfDue() {
			if (this.lastFailure == null || !now().isBefore(this.lastFailure.plus(interval()))) {
				start();
			}
		}

		synchronized void start() {
			if (this.running || BackgroundAcquirer.this.closed) {
				return;
			}
			this.running = true;
			this.used = true;
			BackgroundAcquirer.this.keepAlive.hold();
			this.current = FailureBoundary
				.around("beginning to acquire the model",
						Mono.defer(() -> Mono.justOrEmpty(BackgroundAcquirer.this.cache.get(this.id)))
							.flatMap((attempt) -> attempt))
				.doFinally((signal) -> ended())
				.subscribe((model) -> succeeded(), this::failed);
		}

		private Duration interval() {
			Duration doubled = BackgroundAcquirer.this.retryInterval
				.multipliedBy(1L << Math.min(Math.max(0, this.failures - 1), 30));
			Duration bounded = (doubled.compareTo(LONGEST_INTERVAL) < 0) ? doubled : LONGEST_INTERVAL;
			return (bounded.compareTo(BackgroundAcquirer.this.retryInterval) > 0) ? bounded
					: BackgroundAcquirer.this.retryInterval;
		}

		private synchronized void ended() {
			this.running = false;
			BackgroundAcquirer.this.keepAlive.release();
		}

		private synchronized void succeeded() {
			this.failures = 0;
			this.lastFailure = null;
		}

		/** That somebody cancelled it, or evicted the model, is no failure. */
		private synchronized void failed(Throwable failure) {
			if (failure instanceof ModelCancelledException) {
				logger.info("{}", failure.getMessage());
				return;
			}
			this.failures++;
			this.lastFailure = now();
			logger.error("{}", failure.getMessage());
			logger.debug("Model '{}' failed", this.id, failure);
		}

		private Instant now() {
			return BackgroundAcquirer.this.clock.instant();
		}

		void cancel() {
			Disposable attempt;
			synchronized (this) {
				attempt = this.current;
			}
			if (attempt != null) {
				attempt.dispose();
			}
		}

	}

}
