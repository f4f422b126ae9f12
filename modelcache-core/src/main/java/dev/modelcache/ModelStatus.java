package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * What is known about a model at one moment.
 *
 * @param id the model's id
 * @param state how far it is
 * @param source where it is being fetched from or came from, without user-info, query and
 * fragment; {@code null} before anything was tried
 * @param fallback whether a substitute is being fetched or served
 * @param progress how far the transfer is, this process's or the lock owner's;
 * {@code null} when there is none
 * @param owner who holds the lock, while {@link ModelState#WAITING}
 * @param model the model, when {@link ModelState#READY}
 * @param error why the last attempt failed; stays while another one runs
 */
public record ModelStatus(String id, ModelState state, @Nullable String source, boolean fallback,
		@Nullable TransferProgress progress, @Nullable LockOwner owner, @Nullable CachedModel model,
		@Nullable ModelCacheException error) {

	/**
	 * Returns the status of a model that nobody has asked for.
	 * @param id the model's id
	 * @return the status
	 */
	public static ModelStatus absent(String id) {
		return new ModelStatus(id, ModelState.ABSENT, null, false, null, null, null, null);
	}

	/**
	 * Returns the status of an attempt that goes on, keeping the error of the one before.
	 * @param next the state, one that {@link ModelState#isAcquiring() is acquiring}
	 * @return the status
	 */
	public ModelStatus acquiring(ModelState next) {
		return new ModelStatus(this.id, next, this.source, this.fallback, null, null, null, this.error);
	}

	/**
	 * Returns the same attempt with the source it is at.
	 * @param next the source, redacted
	 * @param substitute whether it is a fallback
	 * @return the status
	 */
	public ModelStatus from(String next, boolean substitute) {
		return new ModelStatus(this.id, this.state, next, substitute, this.progress, this.owner, null, this.error);
	}

	/**
	 * Returns the same attempt with its progress.
	 * @param next the progress
	 * @return the status
	 */
	public ModelStatus progressed(TransferProgress next) {
		return new ModelStatus(this.id, this.state, this.source, this.fallback, next, this.owner, null, this.error);
	}

	/**
	 * Returns the status of an attempt that waits for another process.
	 * @param holder who holds the lock
	 * @return the status
	 */
	public ModelStatus waiting(LockOwner holder) {
		return new ModelStatus(this.id, ModelState.WAITING, this.source, this.fallback, holder.progress(), holder, null,
				this.error);
	}

	/**
	 * Returns the status of a model that can be used.
	 * @param ready the model
	 * @return the status
	 */
	public ModelStatus ready(CachedModel ready) {
		return new ModelStatus(this.id, ModelState.READY, ready.source(), ready.fallback(), null, null, ready, null);
	}

	/**
	 * Returns the status after a failure.
	 * @param failure what happened
	 * @return the status
	 */
	public ModelStatus failed(ModelCacheException failure) {
		return new ModelStatus(this.id, ModelState.FAILED, this.source, this.fallback, null, null, null, failure);
	}

	/**
	 * Returns the status after a cancellation.
	 * @return the status
	 */
	public ModelStatus cancelled() {
		return new ModelStatus(this.id, ModelState.CANCELLED, this.source, this.fallback, null, null, null, this.error);
	}

}
