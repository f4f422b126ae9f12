/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * The file that decompressed bytes are written to.
 */
public interface DecompressionTarget {

	/**
	 * Returns the channel to write to and read from.
	 * @return the channel; it stays open
	 */
	FileChannel channel();

	/**
	 * Checks that more bytes fit on the disk. Called again and again, because most
	 * formats do not tell the size before the end.
	 * @param bytes how many bytes may follow before the next call
	 * @throws dev.modelcache.ModelStorageException if they do not fit
	 */
	void admit(long bytes);

	/**
	 * Makes durable what was written: called now and then, so that little of it is left
	 * to do at the end.
	 * @param bytes how many bytes were written since the last time
	 * @throws IOException if the disk does not take them
	 */
	default void force(long bytes) throws IOException {
	}

	/**
	 * A piece of at most 1 MiB was written, or hashed.
	 */
	default void advanced() {
	}

}
