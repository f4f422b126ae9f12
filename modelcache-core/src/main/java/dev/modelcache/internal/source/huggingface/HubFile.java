/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.regex.Pattern;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * A file of a repository, as far as the Hub told about it.
 *
 * @param name its path in the repository
 * @param size its size in bytes, or {@code null}
 * @param digest its digest: SHA-256 of large files, git's SHA-1 of small ones; or
 * {@code null}
 */
record HubFile(ModelFileName name, @Nullable Long size, @Nullable Digest digest) {

	private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");

	private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

	/** The Hub keeps larger files outside of git, and states their SHA-256. */
	private static final long LARGEST_IN_GIT = 10 << 20;

	/** git's SHA-1 of an empty file. */
	private static final String EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

	/**
	 * What other servers send as the entity tag of a large file may be its plain SHA-1.
	 */
	HubFile {
		boolean ofGit = digest != null && digest.algorithm() == Algorithm.GIT_SHA1;
		digest = (ofGit && size != null && size > LARGEST_IN_GIT) ? null : digest;
	}

	/**
	 * Returns a file as it was told. A size of zero that the digest does not confirm is
	 * that of an answer without a body, and unknown.
	 */
	static HubFile of(ModelFileName name, @Nullable Long size, @Nullable Digest digest) {
		boolean empty = digest != null && digest.hex().equals(EMPTY);
		return new HubFile(name, (size != null && size == 0 && !empty) ? null : size, digest);
	}

	static boolean isSha1(@Nullable String text) {
		return text != null && SHA1.matcher(text).matches();
	}

	/**
	 * Reads the digest that an entity tag or a field of an answer is.
	 * @param text 64 or 40 lower-case hexadecimal digits
	 * @return the digest, or {@code null} for anything else
	 */
	static @Nullable Digest digest(@Nullable String text) {
		if (text == null) {
			return null;
		}
		if (SHA256.matcher(text).matches()) {
			return new Digest(Algorithm.SHA256, text);
		}
		return isSha1(text) ? new Digest(Algorithm.GIT_SHA1, text) : null;
	}

	/** Returns whether nothing more needs to be asked. */
	boolean isComplete() {
		return this.size != null && this.digest != null;
	}

}
