package dev.modelcache;

/**
 * Where an expected digest came from: what to correct when a file does not match it.
 */
public enum DigestOrigin {

	/** The application's configuration, {@code expected-checksum}. */
	CONFIGURATION("expected-checksum"),

	/** The source itself, in its metadata or a response header. */
	SOURCE("the source's metadata"),

	/** A model catalog. */
	CATALOG("the model catalog"),

	/** The application's lock file. */
	LOCK_FILE("the lock file"),

	/** What was recorded when the file was published. */
	RECEIPT("the receipt written when the file was published");

	private final String description;

	DigestOrigin(String description) {
		this.description = description;
	}

	/**
	 * Returns the origin in words, as part of a sentence.
	 * @return the description
	 */
	public String description() {
		return this.description;
	}

}
