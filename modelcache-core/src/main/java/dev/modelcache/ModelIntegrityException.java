/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.util.Objects;

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

	private ModelIntegrityException(ModelIntegrityException first, DigestOrigin origin, Digest actual) {
		super(ErrorCode.INTEGRITY, first.modelId(),
				first.problem() + ". Two downloads had the same digest, so "
						+ ((origin == DigestOrigin.CONFIGURATION) ? "the configured checksum" : origin.description())
						+ " is probably out of date",
				(origin == DigestOrigin.CONFIGURATION)
						? "If you trust the source, set expected-checksum: " + actual + "; if not, use another source"
						: "Correct " + origin.description() + ", use another source, or, if you trust this one, set"
								+ " expected-checksum: " + actual,
				null);
		this.expected = first.expected;
		this.actual = actual;
		this.origin = origin;
	}

	/**
	 * Returns the failure of two consecutive downloads. If both had the same digest, the
	 * expected digest is probably out of date.
	 * @param before the failure of the previous download
	 * @return an exception that says so, or this exception if the digests differ
	 */
	public ModelIntegrityException after(ModelIntegrityException before) {
		boolean same = this.actual != null && this.origin != null && this.actual.equals(before.actual);
		return same ? new ModelIntegrityException(this, Objects.requireNonNull(this.origin),
				Objects.requireNonNull(this.actual)) : this;
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
