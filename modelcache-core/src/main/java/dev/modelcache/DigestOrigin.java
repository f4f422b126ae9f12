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

	/**
	 * The name of a file in the cache of another tool. It tells a damaged file, and does
	 * not make a file verified: everything that can write the cache can choose the name.
	 */
	FILE_NAME("the name of the file in another tool's cache"),

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
