package dev.modelcache;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The model files of this application: each is either absent or whole, verified and
 * private, and is fetched once however many callers ask.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: no method
 * blocks; file work runs on threads of the cache's own. <em>Errors</em>: every publisher
 * fails with a {@link ModelCacheException}.
 */
public interface ModelCache extends AutoCloseable {

	/**
	 * Starts a cache.
	 * @return a builder, all of whose options have defaults
	 */
	static ModelCacheBuilder builder() {
		return new ModelCacheBuilder();
	}

	/**
	 * Returns a configured model, fetching it if needed. A model that is
	 * {@link ModelState#READY} is returned at once, also while it is refreshed. Callers
	 * that ask while it is being fetched share one acquisition.
	 * <p>
	 * <em>Cancellation</em>: the last caller to cancel cancels the acquisition.
	 * @param id the model's id; {@code default} for the one at the top level of the
	 * configuration
	 * @return the model; fails with {@link ModelNotFoundException} for an unknown id
	 */
	Mono<CachedModel> get(String id);

	/**
	 * Returns a model that the configuration does not name, fetching it if needed.
	 * @param request what is wanted
	 * @return the model
	 */
	Mono<CachedModel> get(ModelRequest request);

	/**
	 * Returns what is known about a model now, without asking the disk or the network. A
	 * file that was deleted by hand is noticed by {@link #check(String)}, which each
	 * health check calls, and by {@link #get(String)}.
	 * @param id the model's id
	 * @return the status
	 * @throws ModelNotFoundException for an unknown id
	 */
	ModelStatus status(String id);

	/**
	 * Checks whether the files of a model that is {@link ModelState#READY} still exist,
	 * without reading them. If one is missing, the model becomes
	 * {@link ModelState#ABSENT}. Checks of one model that run at the same time share one
	 * look at the disk.
	 * @param id the model's id
	 * @return the status after the check; fails with {@link ModelNotFoundException} for
	 * an unknown id
	 */
	default Mono<ModelStatus> check(String id) {
		return Mono.fromCallable(() -> status(id));
	}

	/**
	 * Returns the statuses of all models, live: first the present ones, then the changes,
	 * in their order for each model. A subscriber that is slower than the changes misses
	 * intermediate ones, and always receives the latest status of each model.
	 * <p>
	 * <em>Blocking</em>: subscribers are called on threads of the cache that serve
	 * nothing else, and may block there or call this cache.
	 * @return the statuses; completes when the cache is closed
	 */
	Flux<ModelStatus> statuses();

	/**
	 * Returns the statuses of one model, live, as {@link #statuses()} does for all.
	 * @param id the model's id
	 * @return the statuses; fails with {@link ModelNotFoundException} for an unknown id
	 */
	default Flux<ModelStatus> statuses(String id) {
		return Flux.defer(() -> {
			status(id);
			return statuses().filter((status) -> status.id().equals(id));
		});
	}

	/**
	 * Removes a model's published file and what is known about it. Another tool's file
	 * that is served for it stays, and is only forgotten. An absent model is fine. Waits
	 * for another process that is fetching it, as an acquisition does, and fails with
	 * {@link ModelLockTimeoutException} when that makes no progress.
	 * @param id the model's id
	 * @return completes when the file is gone
	 */
	Mono<Void> evict(String id);

	/**
	 * Reads a published model again and compares its digest. A mismatch makes the model
	 * {@link ModelState#FAILED} and is an error.
	 * @param id the model's id
	 * @return the model, when it is what it should be
	 */
	Mono<CachedModel> verify(String id);

	/**
	 * Fetches a model anew and replaces the published file when that has succeeded; until
	 * then, and when it fails, the present one stays. A model whose expected digest the
	 * published file has is left alone.
	 * @param id the model's id
	 * @return the model as it is afterwards
	 */
	Mono<CachedModel> refresh(String id);

	/**
	 * Cancels the acquisition of a configured model that is under way, for all its
	 * callers: they get a {@link ModelCancelledException}. The model is
	 * {@link ModelState#CANCELLED} until somebody asks for it again; one that was ready
	 * meanwhile stays so. Where nothing is under way, nothing changes.
	 * @param id the model's id
	 * @return completes when it is cancelled
	 */
	Mono<Void> cancel(String id);

	/**
	 * Cancels everything that is running, and ends the threads of the cache when they
	 * have closed their files. Later calls fail with a {@link ModelCancelledException}.
	 * Published files stay, and the next cache resumes partial downloads.
	 * <p>
	 * <em>Blocking</em>: a few seconds at most.
	 */
	@Override
	default void close() {
	}

}
