/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Copies a tar archive that is not compressed.
 */
final class PlainArchive implements Decompressor {

	/** POSIX.1-2001, "ustar Interchange Format": the field magic, which GNU has too. */
	private static final byte[] MAGIC = "ustar".getBytes(StandardCharsets.US_ASCII);

	private static final int MAGIC_OFFSET = 257;

	private final CompressedInput input;

	PlainArchive(CompressedInput input) {
		this.input = input;
	}

	/** Returns whether bytes begin like a tar archive, and not like a compressed one. */
	static boolean begins(CompressedInput input) throws IOException {
		return Compression.beginning(input) == null && input.has(MAGIC_OFFSET, MAGIC);
	}

	@Override
	public boolean read(ByteBuffer target) throws IOException {
		while (target.hasRemaining()) {
			if (!this.input.fill()) {
				return false;
			}
			ByteBuffer buffer = this.input.buffer();
			int length = Math.min(buffer.remaining(), target.remaining());
			target.put(buffer.slice(buffer.position(), length));
			buffer.position(buffer.position() + length);
		}
		return true;
	}

	@Override
	public void close() {
		// Holds nothing.
	}

}
