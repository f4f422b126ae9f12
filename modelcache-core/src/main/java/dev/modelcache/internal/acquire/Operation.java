/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Sinks;

/**
 * Something that is done with one model on the thread of its {@linkplain Lanes lane}, for
 * all callers that want the same.
 */
abstract class Operation {

	private final Kind kind;

	private final ModelRequest request;

	private final Cancellation cancellation = new Cancellation();

	private final Sinks.One<CachedModel> result = Sinks.one();

	private final AtomicBoolean ended = new AtomicBoolean();

	private volatile boolean begun;

	/** Guarded by the lanes, as is the next one. */
	private int callers;

	private boolean left;

	Operation(Kind kind, ModelRequest request) {
		this.kind = kind;
		this.request = request;
	}

	/**
	 * Does it.
	 * @return the model, or {@code null} if it is not there afterwards
	 * @throws Exception if it fails
	 */
	abstract @Nullable CachedModel call() throws Exception;

	/**
	 * Shows that the operation was accepted, unless it has begun meanwhile.
	 * @param ahead what it waits for, or {@code null} if it begins at once
	 */
	void accepted(@Nullable LockOwner ahead) {
	}

	/** Shows the result. */
	void succeeded(@Nullable CachedModel model) {
	}

	/** Shows a failure; also of an operation that has not begun. */
	void failed(ModelCacheException failure) {
	}

	/** Shows that the operation was cancelled; also before it has begun. */
	void cancelled() {
	}

	/** Returns a failure that tells what was done. */
	abstract ModelCacheException asModelCacheException(Throwable failure);

	final Kind kind() {
		return this.kind;
	}

	final ModelRequest request() {
		return this.request;
	}

	final Cancellation cancellation() {
		return this.cancellation;
	}

	final boolean hasBegun() {
		return this.begun;
	}

	final void begin() {
		this.begun = true;
	}

	final boolean hasEnded() {
		return this.ended.get();
	}

	/** Claims the one end of the operation, for the one place that shows it. */
	final boolean markEnded() {
		return this.ended.compareAndSet(false, true);
	}

	final Sinks.One<CachedModel> result() {
		return this.result;
	}

	/** Takes one caller more, if it wants the same and is not too late. */
	final boolean join(Operation other) {
		boolean same = !this.left && this.kind == other.kind && this.request.equals(other.request);
		if (same) {
			this.callers++;
		}
		return same;
	}

	/** It can no longer be joined. */
	final void leave() {
		this.left = true;
	}

	/**
	 * Takes one caller less.
	 * @return whether it was the last one of an operation that has not ended
	 */
	final boolean leaveOne() {
		if (--this.callers > 0 || this.left) {
			return false;
		}
		this.left = true;
		return true;
	}

	/** What is done. */
	enum Kind {

		/** The model is brought if it is not there. */
		ACQUIRE,

		/** What is there stays until another version replaces it. */
		RENEW,

		/** The model's files are read again. */
		VERIFY,

		/** The model's files are removed. */
		EVICT

	}

}
