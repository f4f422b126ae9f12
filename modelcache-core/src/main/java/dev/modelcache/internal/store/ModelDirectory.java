/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.DiskStep;

/**
 * Where the files of one version of a model arrive, each for itself, and where they are
 * seen once the version is published.
 */
public interface ModelDirectory {

	/**
	 * Returns where a file arrives.
	 * @param name the name of the file
	 * @return the place to stage it at
	 */
	ModelPlace arriving(ModelFileName name);

	/**
	 * Returns where a file is seen. Its receipt is the one that was written when it
	 * arrived.
	 * @param name the name of the file
	 * @return the place to look it up at
	 */
	ModelPlace seen(ModelFileName name);

	/**
	 * Returns where an archive of files of this version arrives, not compressed.
	 * @param name the name of the archive
	 * @return the place to stage it at; nobody sees it there
	 */
	ModelPlace packed(ModelFileName name);

	/**
	 * Returns an empty directory to unpack an archive into.
	 * <p>
	 * <em>Blocking</em>.
	 * @return a directory that nobody else sees, on the same disk
	 * @throws IOException if the disk does not take it
	 */
	Path unpacking() throws IOException;

	/**
	 * Takes an unpacked file to where it is seen once the version is published.
	 * <p>
	 * <em>Blocking</em>. <em>Durability</em>: the file is forced to disk.
	 * @param unpacked the file
	 * @param name its name
	 * @param receipt makes its receipt from its fingerprint
	 * @throws IOException if the disk does not take it
	 */
	void take(Path unpacked, ModelFileName name, Function<Fingerprint, Receipt> receipt) throws IOException;

	/**
	 * Returns whether this is the version that is seen.
	 * <p>
	 * <em>Blocking</em>.
	 * @return {@code true} if it is
	 */
	boolean isVisible();

	/**
	 * Returns whether other tools keep their files here too, so that a file nobody of us
	 * brought may be one of the version.
	 * @return {@code true} if they do
	 */
	boolean isShared();

	/**
	 * Returns whether a file of others stands where a file is seen. It stays as it is, so
	 * that the version cannot be published here with other content.
	 * <p>
	 * <em>Blocking</em>.
	 * @param name the name of the file
	 * @return {@code true} if there is a regular file that this cache did not put there
	 * @throws IOException if the place cannot be read
	 */
	boolean isTaken(ModelFileName name) throws IOException;

	/**
	 * Lets the version be seen. All its files have arrived.
	 * <p>
	 * <em>Blocking</em>. <em>Cancellation</em>: by what the publication throws.
	 * @param manifest what makes up the version
	 * @param arrived the files that are to be seen as they {@linkplain #arriving arrived}
	 * @param publication is told how it goes
	 * @throws IOException if something else is in the way, or the disk does not take it;
	 * the version that was seen before still is
	 */
	void publish(ModelManifest manifest, Set<ModelFileName> arrived, Publication publication) throws IOException;

	/**
	 * Lets a version be seen whose files are all where they are seen already. Nothing is
	 * written here, so that the directory may be another cache's.
	 * <p>
	 * <em>Blocking</em>.
	 * @param manifest what makes up the version
	 */
	void remember(ModelManifest manifest);

	/** The publication of a version. */
	@FunctionalInterface
	interface Publication {

		/**
		 * Takes the step after which the version can be seen; it writes no content.
		 * @param step the step
		 * @throws IOException what the step throws
		 */
		void commit(DiskStep step) throws IOException;

		/**
		 * A file must be copied.
		 * @param place where its copy is written
		 * @param bytes its size
		 */
		default void copying(ModelPlace place, long bytes) {
		}

		/** A piece of a file was copied. */
		default void advanced() {
		}

	}

}
