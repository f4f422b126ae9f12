package dev.modelcache;

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
