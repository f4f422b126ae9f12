package dev.modelcache;

import reactor.core.publisher.Mono;

/**
 * What health checks, operators and start-up do with a cache beyond {@link ModelCache}:
 * they start and cancel work in the background, and stop and start the cache with its
 * application.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: none but
 * {@link #usage()}, {@link #awaitStopped()} and {@link #close()}. <em>Errors</em>:
 * {@link ModelNotFoundException} for an id that is not configured.
 */
public interface ModelCacheOperations extends ModelCacheView, AutoCloseable {

	/**
	 * Starts an attempt in the background to acquire a model, unless one is running.
	 * @param id the model's id
	 */
	void ensure(String id);

	/**
	 * Starts an attempt in the background to acquire a model that is missing, or that
	 * failed for a reason that may pass, if enough time has passed since the last
	 * attempt.
	 * @param id the model's id
	 */
	void ensureIfDue(String id);

	/**
	 * Starts an attempt in the background for every configured model.
	 */
	void ensureAll();

	/**
	 * Starts looking for updates and, while a fallback is served, for the model itself.
	 * Does nothing if the cache is offline.
	 */
	void startRefreshing();

	/**
	 * Verifies a model in the background, unless that is running. The result is logged.
	 * @param id the model's id
	 */
	void verify(String id);

	/**
	 * Refreshes a model in the background, unless that is running. The result is logged.
	 * @param id the model's id
	 */
	void refresh(String id);

	/**
	 * Cancels the acquisition of a model.
	 * @param id the model's id
	 * @return completes when it is cancelled
	 */
	Mono<Void> cancel(String id);

	/**
	 * Removes the published file of a model.
	 * @param id the model's id
	 * @return completes when the file is gone; fails with a
	 * {@link ModelCancelledException} after 10 seconds
	 */
	Mono<Void> evict(String id);

	/**
	 * Cancels everything that is running, and refuses what is requested until
	 * {@link #start()}: all callers get a {@link ModelCancelledException}. Completes
	 * {@link ModelCache#statuses()}.
	 */
	void stop();

	/**
	 * Waits until what {@link #stop()} has cancelled has closed its files. What a system
	 * call holds for longer is logged.
	 * <p>
	 * <em>Blocking</em>: until at most two seconds after {@link #stop()}.
	 */
	void awaitStopped();

	/**
	 * Accepts requests again after {@link #stop()}, and resumes the work in the
	 * background.
	 */
	void start();

	/**
	 * Ends the work in the background and closes the cache that was built with these
	 * operations.
	 */
	@Override
	void close();

}
