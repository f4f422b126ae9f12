/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.util.concurrent.CompletableFuture;

import dev.modelcache.CachedModel;
import dev.modelcache.runtime.LoadedModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A loaded model and how many use it: the last one to release it closes it. Who created
 * it is the first of them.
 * <p>
 * <em>Thread-safety</em>: may be used by any thread.
 */
final class SharedModel {

	private static final Logger logger = LoggerFactory.getLogger(SharedModel.class);

	private final CachedModel file;

	private final LoadedModel model;

	private final CompletableFuture<Void> closed = new CompletableFuture<>();

	private int users = 1;

	/**
	 * Creates the model with one user.
	 * @param file what was loaded
	 * @param model the model
	 */
	SharedModel(CachedModel file, LoadedModel model) {
		this.file = file;
		this.model = model;
	}

	boolean isOf(CachedModel other) {
		return this.file.path().equals(other.path()) && this.file.digest().equals(other.digest());
	}

	LoadedModel model() {
		return this.model;
	}

	/** Adds a user; the caller knows that there is one. */
	synchronized void acquire() {
		this.users++;
	}

	/** Takes a user away. */
	void release() {
		if (leave()) {
			close();
		}
	}

	private synchronized boolean leave() {
		return --this.users == 0;
	}

	private void close() {
		try {
			this.model.close();
		}
		catch (RuntimeException ex) {
			logger.warn("The model {} could not be closed", this.file.path(), ex);
		}
		finally {
			this.closed.complete(null);
		}
	}

	/**
	 * Returns when it is closed.
	 * @return completes when the last user has gone
	 */
	CompletableFuture<Void> closed() {
		return this.closed;
	}

}
