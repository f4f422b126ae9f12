package dev.modelcache;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The bytes are not the expected ones: another digest, or none at all.
 */
public final class ModelIntegrityException extends ModelCacheException {

	private final @Nullable Digest expected;

	private final @Nullable Digest actual;

	private final @Nullable DigestOrigin origin;

	/**
	 * Creates an exception for a digest that differs.
	 * @param modelId the model's id
	 * @param expected what the digest should be
	 * @param origin where that expectation came from
	 * @param actual what the digest is
	 * @param source where the bytes came from, redacted
	 */
	public ModelIntegrityException(@Nullable String modelId, Digest expected, DigestOrigin origin, Digest actual,
			String source) {
		super(ErrorCode.INTEGRITY, modelId,
				"the bytes of " + source + " have the digest " + actual + ", but " + origin.description() + " says "
						+ expected + "; they were not published",
				"Check which of the two is right: correct the expected digest, or use another source", null);
		this.expected = expected;
		this.actual = actual;
		this.origin = origin;
	}

	private ModelIntegrityException(ModelIntegrityException first, DigestOrigin origin, Digest actual) {
		super(ErrorCode.INTEGRITY, first.modelId(),
				first.problem() + ". Two downloads gave the same bytes, so "
						+ ((origin == DigestOrigin.CONFIGURATION) ? "the configured checksum" : origin.description())
						+ " is probably stale",
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
	 * Returns the failure of two downloads: if both brought the same bytes, the expected
	 * digest is more likely to be wrong than the bytes.
	 * @param before the failure of the download before
	 * @return a failure that says so, or this one if the bytes differ
	 */
	public ModelIntegrityException after(ModelIntegrityException before) {
		boolean same = this.actual != null && this.origin != null && this.actual.equals(before.actual);
		return same ? new ModelIntegrityException(this, Objects.requireNonNull(this.origin),
				Objects.requireNonNull(this.actual)) : this;
	}

	/**
	 * Creates an exception for bytes that nothing can prove, or that are missing.
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
	 * Returns what the digest should be.
	 * @return the expected digest, or {@code null} where none is known
	 */
	public @Nullable Digest expected() {
		return this.expected;
	}

	/**
	 * Returns what the digest is.
	 * @return the actual digest, or {@code null} where none was computed
	 */
	public @Nullable Digest actual() {
		return this.actual;
	}

	/**
	 * Returns where the expectation came from.
	 * @return the origin, or {@code null} where there is no expectation
	 */
	public @Nullable DigestOrigin origin() {
		return this.origin;
	}

}
