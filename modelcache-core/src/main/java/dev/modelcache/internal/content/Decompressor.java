/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A running decompression of one format. Used by one thread.
 */
interface Decompressor extends AutoCloseable {

	/**
	 * Decompresses until the target is full or the content ends.
	 * <p>
	 * <em>Blocking</em>: while more input is on its way.
	 * @param target a direct buffer; its position moves
	 * @return whether there may be more
	 * @throws DecompressionException if the bytes are not what the format wants
	 * @throws IOException if they cannot be read
	 */
	boolean read(ByteBuffer target) throws IOException;

	@Override
	void close();

}
