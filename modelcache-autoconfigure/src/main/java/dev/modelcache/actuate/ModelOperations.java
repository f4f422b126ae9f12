package dev.modelcache.actuate;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import dev.modelcache.BackgroundAttempts;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCancelledException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Does what operators ask for. What may take long goes on in the background, each action
 * once at a time for a model; what comes of it is logged.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: {@link ModelAction#CANCEL
 * cancelling} and evicting, for some seconds at most.
 */
public final class ModelOperations {

	private static final Logger logger = LoggerFactory.getLogger(ModelOperations.class);

	private static final Duration LONGEST_EVICTION = Duration.ofSeconds(10);

	private final ModelCache cache;

	private final BackgroundAttempts attempts;

	private final Consumer<Mono<Void>> await;

	private final Set<Running> running = ConcurrentHashMap.newKeySet();

	/**
	 * Creates the operations.
	 * @param cache does the work
	 * @param attempts acquires in the background
	 * @param await waits for a publisher, and throws its error
	 */
	public ModelOperations(ModelCache cache, BackgroundAttempts attempts, Consumer<Mono<Void>> await) {
		this.cache = cache;
		this.attempts = attempts;
		this.await = await;
	}

	void start(ModelAction action, String id) {
		switch (action) {
			case ENSURE -> this.attempts.start(id);
			case VERIFY -> once(new Running(action, id), orEmpty(this.cache.verify(id)));
			case REFRESH -> once(new Running(action, id), orEmpty(this.cache.refresh(id)));
			case CANCEL -> this.await.accept(orEmpty(this.cache.cancel(id)));
		}
	}

	void evict(String id) {
		this.await.accept(orEmpty(this.cache.evict(id)).timeout(LONGEST_EVICTION,
				Mono.error(() -> new ModelCancelledException(id, "it was not evicted within "
						+ LONGEST_EVICTION.toSeconds() + " s, because somebody else is fetching it",
						"Try again when that is done"))));
	}

	/** A mock of the application's tests returns no publisher. */
	private static <T> Mono<T> orEmpty(@Nullable Mono<T> operation) {
		return (operation != null) ? operation : Mono.empty();
	}

	private void once(Running work, Mono<CachedModel> operation) {
		if (this.running.add(work)) {
			operation.doFinally((signal) -> this.running.remove(work))
				.subscribe((model) -> succeeded(work, model), (failure) -> failed(work, failure));
		}
	}

	private static void succeeded(Running work, CachedModel model) {
		logger.info("Model '{}': {} was asked for and has succeeded: {} ({})", work.id(), work.action().word(),
				model.path(), model.digest());
	}

	private static void failed(Running work, Throwable failure) {
		if (failure instanceof ModelCancelledException) {
			logger.info("{}", failure.getMessage());
			return;
		}
		logger.warn("Model '{}': {} was asked for and has failed. {}", work.id(), work.action().word(),
				failure.getMessage());
		logger.debug("Model '{}': {} has failed", work.id(), work.action().word(), failure);
	}

	private record Running(ModelAction action, String id) {

	}

}
