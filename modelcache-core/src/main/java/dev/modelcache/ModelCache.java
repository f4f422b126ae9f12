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
public interface ModelCache {

	/**
	 * Returns a configured model, fetching it if needed. Callers that ask while it is
	 * being fetched share one acquisition.
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
	 * Returns what is known about a model now. Looks at the disk once to notice a file
	 * that has gone; asks no network.
	 * @param id the model's id
	 * @return the status
	 * @throws ModelNotFoundException for an unknown id
	 */
	ModelStatus status(String id);

	/**
	 * Returns the statuses of all models, live: first the present ones, then every
	 * change. A subscriber that is too slow misses intermediate ones.
	 * @return the statuses; never completes
	 */
	Flux<ModelStatus> statuses();

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

}
