/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Path;

import dev.modelcache.ModelPathConflict;
import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;

/**
 * The paths of one model file on this machine.
 *
 * @param target where the published file stands
 * @param lockFile the permanent lock file of its writers
 * @param receipt where its receipt is kept
 * @param access who may read the records of the file, and the file unless it is shared
 * @param shared whether others may read the file, as far as the process's umask lets
 * them, as in the cache of another tool
 * @param conflict what to do with a file that somebody else put there; {@code null} where
 * the cache chose the place, so that all that stands there is its own
 */
public record ModelPlace(Path target, Path lockFile, Path receipt, FileAccess access, boolean shared,
		@Nullable ModelPathConflict conflict) {

	/** Follows the name of a receipt whose file is about to be moved to its place. */
	static final String PENDING = ".next";

	/**
	 * Creates the place of a private file.
	 * @param target where the published file stands
	 * @param lockFile the permanent lock file of its writers
	 * @param receipt where its receipt is kept
	 */
	public ModelPlace(Path target, Path lockFile, Path receipt) {
		this(target, lockFile, receipt, FileAccess.PRIVATE);
	}

	ModelPlace(Path target, Path lockFile, Path receipt, FileAccess access) {
		this(target, lockFile, receipt, access, false, null);
	}

	/** Returns this place as one that the user chose. */
	ModelPlace chosenByUser(ModelPathConflict conflict) {
		return new ModelPlace(this.target, this.lockFile, this.receipt, this.access, this.shared, conflict);
	}

	/**
	 * Gives a file that is to be published its permissions.
	 * @param file the file
	 * @throws IOException if it has more, and the file system does not take them away
	 */
	void apply(Path file) throws IOException {
		if (this.shared) {
			SharedFiles.share(file);
		}
		else {
			this.access.enforce(file);
		}
	}

	/** Returns this place with another target, where the file is until it is copied. */
	ModelPlace at(Path other) {
		return new ModelPlace(other, this.lockFile, this.receipt, this.access, this.shared, this.conflict);
	}

	/**
	 * Returns the directory of the published file.
	 * @return the directory
	 */
	public Path directory() {
		Path parent = this.target.getParent();
		return (parent != null) ? parent : this.target;
	}

	/**
	 * Returns where the receipt stands between its writing and the publishing of its
	 * file.
	 * @return the path
	 */
	Path pendingReceipt() {
		return this.receipt.resolveSibling(this.receipt.getFileName() + PENDING);
	}

}
