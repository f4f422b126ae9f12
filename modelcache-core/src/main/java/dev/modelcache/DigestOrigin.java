/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * Origin of an expected digest, which is where to correct it if it is out of date.
 */
public enum DigestOrigin {

	/** The {@code expected-checksum} key of the application's configuration. */
	CONFIGURATION("expected-checksum"),

	/** The metadata of the source, or a response header. */
	SOURCE("the source's metadata"),

	/** A model catalog. */
	CATALOG("the model catalog"),

	/** The application's lock file. */
	LOCK_FILE("the lock file"),

	/**
	 * The name of a file in the cache of another tool. It reveals a damaged file, but
	 * does not verify the file, because any process that can write to that cache can
	 * choose the name.
	 */
	FILE_NAME("the name of the file in another tool's cache"),

	/** The receipt that was written when the file was published. */
	RECEIPT("the receipt written when the file was published");

	private final String description;

	DigestOrigin(String description) {
		this.description = description;
	}

	/**
	 * Returns a description of the origin that can be used within a sentence.
	 * @return the description
	 */
	public String description() {
		return this.description;
	}

}
