/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DeniedAccess;

/**
 * What an eviction could not delete, and why.
 */
final class Leftovers {

	private final Runnable advanced;

	private final List<String> left = new ArrayList<>();

	private final List<Exception> failures = new ArrayList<>();

	/**
	 * Creates it.
	 * @param advanced run for each file that is deleted
	 */
	Leftovers(Runnable advanced) {
		this.advanced = advanced;
	}

	/**
	 * Deletes something.
	 * @param deletion deletes it
	 * @param what what is left if that fails
	 * @return what the deletion returns, or {@code false} if it fails
	 */
	boolean unless(Deletion deletion, Object what) {
		try {
			boolean deleted = deletion.run();
			this.advanced.run();
			return deleted;
		}
		catch (IOException | UncheckedIOException | DirectoryIteratorException ex) {
			this.left.add(what + " (" + ((ex.getCause() instanceof IOException cause) ? cause : ex) + ")");
			this.failures.add(ex);
			return false;
		}
	}

	/** Returns whether all that was to be deleted until now is gone. */
	boolean isEmpty() {
		return this.left.isEmpty();
	}

	void raise(String modelId, ModelPlace place, boolean existed) {
		if (!this.left.isEmpty()) {
			String problem = "the eviction is not complete: "
					+ (existed ? "other files of the model were deleted, but " : "") + "left are "
					+ String.join(", ", this.left);
			ModelStorageException denied = DeniedAccess.writing(modelId, place.target(), this.failures.get(0));
			ModelStorageException failure = (denied != null)
					? new ModelStorageException(modelId, denied.directory(), problem + "; " + denied.problem(),
							"Evict it in an application of the user to whom it belongs", this.failures.get(0))
					: new ModelStorageException(modelId, place.directory(), problem, this.failures.get(0));
			this.failures.stream().skip(1).forEach(failure::addSuppressed);
			throw failure;
		}
	}

	/** Deletes something. */
	@FunctionalInterface
	interface Deletion {

		/**
		 * Deletes it.
		 * @return whether it existed
		 * @throws IOException if it is still there
		 */
		boolean run() throws IOException;

	}

}
