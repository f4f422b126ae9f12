/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

/**
 * Something that goes wrong with the model {@code large}, to be seen on the page.
 */
enum Fault {

	/** Everything works. */
	NONE("Everything works", "The servers send the file at their usual speed."),

	/** Connections break. */
	INTERRUPTIONS("Interrupted connections",
			"The servers break every third connection. The download continues where it stopped, and the attempts are "
					+ "listed."),

	/** The first server is down. */
	MIRROR("One server down",
			"The first server answers 503. Requests to it are repeated after growing pauses, while the mirror "
					+ "sends the file."),

	/** The first server and its mirror are down. */
	FALLBACK("Fallback", "The server and its mirror answer 503. After three attempts each, the fallback is used."),

	/** All servers are down. */
	OUTAGE("All servers down",
			"All servers answer 503. The model fails, health is DOWN, and the next attempt is announced. Choose "
					+ "\"Everything works\" to end the outage."),

	/** The bytes are not those that the checksum promises. */
	WRONG_CHECKSUM("Wrong checksum",
			"All servers send a file with one wrong byte, faster than usual. Its blocks are replaced, and it is downloaded "
					+ "again, in vain: it is never published, and the error names both digests."),

	/** The file is larger than the disk. */
	FULL_DISK("Full disk", "The servers announce a file of 1 PB. The download fails at once, because it does not fit."),

	/** Two processes share the cache. */
	SECOND_PROCESS("Two processes",
			"Starts this application once more, with the same cache. It waits while this process downloads, then uses "
					+ "the same file."),

	/** The process is killed. */
	KILL("kill -9",
			"At half of the download, this process ends as if killed. Start it again with the same command: the "
					+ "download continues.");

	private final String title;

	private final String description;

	Fault(String title, String description) {
		this.title = title;
		this.description = description;
	}

	String title() {
		return this.title;
	}

	String description() {
		return this.description;
	}

	boolean isDown(ModelOrigin.Server server) {
		return switch (this) {
			case MIRROR -> server == ModelOrigin.Server.FIRST;
			case FALLBACK -> server != ModelOrigin.Server.FALLBACK;
			case OUTAGE -> true;
			default -> false;
		};
	}

}
