/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Receives details of acquisitions, for meters and for the history of transfers. The
 * history is called on the threads that do the work, and must neither block nor throw;
 * all others are called on one thread of their own.
 */
public interface AcquisitionObserver {

	/**
	 * A cache was built. Comes before everything else.
	 * @param modelIds the ids of the configured models
	 */
	default void configured(Set<String> modelIds) {
	}

	/**
	 * A transfer began.
	 * @param modelId the model's id
	 */
	default void transferStarted(String modelId) {
	}

	/**
	 * A transfer ended, however it ended.
	 * @param modelId the model's id
	 */
	default void transferEnded(String modelId) {
	}

	/**
	 * Bytes of a body reached the disk.
	 * @param modelId the model's id
	 * @param host the {@code host} or {@code host:port} that sent them
	 * @param bytes how many
	 */
	default void bytesWritten(String modelId, String host, long bytes) {
	}

	/**
	 * A request failed, whether or not another one follows.
	 * @param modelId the model's id
	 * @param host the {@code host:port} that was asked, {@code local} for a file
	 * @param problem what happened; without user-info, query and fragment of any URL
	 */
	default void requestFailed(String modelId, String host, String problem) {
	}

	/**
	 * What a transfer brought so far does not become the model: it is not what it should
	 * be, or the acquisition fails or is cancelled. If the transfer ends with that, this
	 * comes before its {@link #transferEnded end}.
	 * @param modelId the model's id
	 * @param problem what happened; without user-info, query and fragment of any URL
	 */
	default void transferFailed(String modelId, String problem) {
	}

	/**
	 * A request or a whole file is about to be tried again.
	 * @param modelId the model's id
	 * @param reason a word from a bounded set, such as {@code status-503} or
	 * {@code integrity}
	 */
	default void retried(String modelId, String reason) {
	}

	/**
	 * A file was compared with its expected digest.
	 * @param matched whether it was the expected one
	 * @param elapsed how long the comparison took beyond the transfer
	 */
	default void verified(boolean matched, Duration elapsed) {
	}

	/**
	 * The lock was taken, or given up.
	 * @param waited how long that took
	 */
	default void lockWaited(Duration waited) {
	}

	/**
	 * An acquisition ended. One that found the model as it was known before is none.
	 * @param modelId the model's id
	 * @param outcome {@code downloaded}, {@code cached}, {@code adopted}, {@code failed}
	 * or {@code cancelled}
	 * @param elapsed how long it took
	 */
	default void ended(String modelId, String outcome, Duration elapsed) {
	}

	/**
	 * An acquisition began.
	 * @param modelId the model's id
	 * @return receives its steps and its end
	 */
	default Steps started(String modelId) {
		return Steps.NONE;
	}

	/**
	 * Receives the steps of one acquisition.
	 */
	interface Steps {

		/** Ignores everything. */
		Steps NONE = new Steps() {
		};

		/**
		 * A step began. Steps of several files may overlap.
		 * @param step the step
		 * @param source the URL that it is about, without user-info, query and fragment,
		 * or {@code null}
		 * @return receives its end, with the failure or {@code null}
		 */
		default Consumer<@Nullable Throwable> began(Step step, @Nullable String source) {
			return (failure) -> {
			};
		}

		/**
		 * The acquisition ended, also one that found the model as it was known before.
		 * @param outcome as for {@link AcquisitionObserver#ended}
		 * @param failure why it failed, or {@code null}
		 */
		default void ended(String outcome, @Nullable Throwable failure) {
		}

	}

	/** A step of an acquisition. */
	enum Step {

		/** The source is asked what the model is. */
		RESOLVE,

		/** The lock is waited for. */
		LOCK,

		/** A file is fetched. */
		TRANSFER,

		/** A file is compared with its digest. */
		VERIFY,

		/** A file, or the whole model, is moved to its place. */
		PUBLISH

	}

}
