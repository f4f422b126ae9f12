/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a file does not match its expected digest, cannot be verified, or is
 * damaged.
 */
public final class ModelIntegrityException extends ModelCacheException {

	private final @Nullable Digest expected;

	private final @Nullable Digest actual;

	private final @Nullable DigestOrigin origin;

	/**
	 * Creates an exception for a digest that differs.
	 * @param modelId the model's id
	 * @param expected the expected digest
	 * @param origin the origin of the expected digest
	 * @param actual the actual digest
	 * @param source the URL of the source, without user-info, query and fragment
	 */
	public ModelIntegrityException(@Nullable String modelId, Digest expected, DigestOrigin origin, Digest actual,
			String source) {
		super(ErrorCode.INTEGRITY, modelId,
				"the file from " + source + " has the digest " + actual + ", but " + origin.description() + " "
						+ "specifies " + expected + "; the file was not published",
				"Check which digest is correct, then correct the expected digest or use another source", null);
		this.expected = expected;
		this.actual = actual;
		this.origin = origin;
	}

	/**
	 * Returns this failure in other words.
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @return an exception with the same digests and suppressed exceptions
	 */
	public ModelIntegrityException explained(String problem, String action) {
		ModelIntegrityException explained = new ModelIntegrityException(this, problem, action);
		for (Throwable suppressed : getSuppressed()) {
			explained.addSuppressed(suppressed);
		}
		return explained;
	}

	private ModelIntegrityException(ModelIntegrityException same, String problem, String action) {
		super(ErrorCode.INTEGRITY, same.modelId(), problem, action, same.getCause());
		this.expected = same.expected;
		this.actual = same.actual;
		this.origin = same.origin;
	}

	/**
	 * Creates an exception for a file that cannot be verified or is missing.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelIntegrityException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.INTEGRITY, modelId, problem, action, null);
		this.expected = null;
		this.actual = null;
		this.origin = null;
	}

	/**
	 * Returns the expected digest.
	 * @return the expected digest, or {@code null} if unknown
	 */
	public @Nullable Digest expected() {
		return this.expected;
	}

	/**
	 * Returns the actual digest.
	 * @return the actual digest, or {@code null} if it was not computed
	 */
	public @Nullable Digest actual() {
		return this.actual;
	}

	/**
	 * Returns the origin of the expected digest.
	 * @return the origin, or {@code null} if there is no expected digest
	 */
	public @Nullable DigestOrigin origin() {
		return this.origin;
	}

}
