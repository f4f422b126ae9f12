package dev.modelcache;

/**
 * What to do about a file whose header is not that of a model.
 */
public enum FormatVerification {

	/** Reject the file. */
	STRICT,

	/** Log a warning. */
	WARN,

	/** Do not read headers. */
	OFF

}
