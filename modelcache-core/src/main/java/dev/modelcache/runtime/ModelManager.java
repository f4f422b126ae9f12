package dev.modelcache.runtime;

import java.util.Optional;
import java.util.function.Function;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelReplaced;
import reactor.core.publisher.Mono;

/**
 * A model in memory: with Spring Boot, the model {@code default}.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread; every method may be called again
 * at any time. <em>Blocking</em>: only {@link #use} blocks. <em>Errors</em>: a file that
 * cannot be had or that was refused is a {@link ModelCacheException}, one that cannot be
 * loaded a {@link ModelLoadException}.
 */
public interface ModelManager extends AutoCloseable {

	/**
	 * Starts a manager.
	 * @param cache where the model's file comes from
	 * @param loader loads the file
	 * @return a builder
	 */
	static ModelManagerBuilder builder(ModelCache cache, ModelLoader loader) {
		return new ModelManagerBuilder(cache, loader);
	}

	/**
	 * Makes sure that the model's file is there.
	 * @return whether it was downloaded for that
	 */
	Mono<Boolean> ensureModelAvailable();

	/**
	 * Loads the model, fetching its file if needed. Callers that come while it is being
	 * loaded share one load; one that is loaded already is fine.
	 * <p>
	 * <em>Cancellation</em>: a load goes on without its callers.
	 * @return completes when the model can be used
	 */
	Mono<Void> loadModel();

	/**
	 * Returns whether the model can be used.
	 * @return {@code true} if it is loaded
	 */
	boolean isLoaded();

	/**
	 * Unloads the model; a load that is under way fails. Who is using the model may
	 * finish.
	 * @return completes when nobody uses it any more and it is closed
	 */
	Mono<Void> unload();

	/**
	 * Replaces the loaded model by another version, in the background: the new version is
	 * loaded beside the present one and takes its place. If it cannot be loaded, the
	 * present one stays. Does nothing if no model is loaded, or another one than that of
	 * the event. With Spring Boot, each event is passed to this method.
	 * @param event the event that another version was published
	 */
	default void replace(ModelReplaced event) {
	}

	/**
	 * Uses the model. It is not closed before the task returns, whatever happens
	 * meanwhile.
	 * <p>
	 * <em>Blocking</em>: as long as the task; not for event loops.
	 * @param <T> the type of the result
	 * @param task what to do with the model
	 * @return the task's result; empty if no model is loaded
	 */
	<T> Optional<T> use(Function<? super LoadedModel, ? extends T> task);

	/**
	 * Unloads the model for good.
	 * <p>
	 * <em>Blocking</em>: a few seconds at most, for what uses the model.
	 */
	@Override
	default void close() {
	}

}
