/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelManifest;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.source.ExpectedDigest;
import org.jspecify.annotations.Nullable;

/**
 * What is at a model's place, as far as a few system calls tell. Two of them are equal if
 * nothing has changed in between.
 */
sealed interface Standing {

	/**
	 * Returns what stands there if nothing that must be read first is the model.
	 */
	default Standing unproved() {
		return this;
	}

	/**
	 * The model.
	 *
	 * @param model the model
	 */
	record Ready(CachedModel model) implements Standing {

	}

	/**
	 * Files that are the model if their content is what it should be.
	 *
	 * @param files the files
	 * @param manifest what makes them one version of a model, or {@code null} for the
	 * only file of one
	 * @param otherwise what stands there if they are not the model
	 */
	record Provable(List<Claim> files, @Nullable ModelManifest manifest, Standing otherwise) implements Standing {

		@Override
		public Standing unproved() {
			return this.otherwise.unproved();
		}

	}

	/**
	 * A file of which nothing says what it should be.
	 *
	 * @param fingerprint its fingerprint
	 * @param foreign whether it stands at a path that the user chose, and this cache did
	 * not put it there
	 */
	record Unproven(Fingerprint fingerprint, boolean foreign) implements Standing {

	}

	/**
	 * Something at a path that the user chose that is not known to be the model, and that
	 * this cache did not put there, or that was changed since.
	 *
	 * @param fingerprint its fingerprint, or {@code null} if it is not a file
	 * @param changed whether this cache put the file there
	 * @param receipt what it would be if it was only touched; {@code null} if that is
	 * known not to be so
	 */
	record Foreign(@Nullable Fingerprint fingerprint, boolean changed, @Nullable Receipt receipt) implements Standing {

	}

	/**
	 * A file of this cache that is not the model, or not the version that is wanted.
	 *
	 * @param fingerprint its fingerprint, or {@code null} for a version of several files
	 */
	record Stale(@Nullable Fingerprint fingerprint) implements Standing {

	}

	/** Nothing. */
	record Absent() implements Standing {

	}

	/**
	 * A file that may be one of the model's.
	 *
	 * @param place where it stands
	 * @param fingerprint its fingerprint
	 * @param receipt what is known about it, or {@code null} if a digest must prove it
	 * @param expected the digest that must prove it, or {@code null}
	 * @param trusted whether the receipt suffices
	 */
	record Claim(ModelPlace place, Fingerprint fingerprint, @Nullable Receipt receipt,
			@Nullable ExpectedDigest expected, boolean trusted) {

	}

}
