/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

import dev.modelcache.internal.content.DecompressionException.Reason;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.BasicArrayCache;
import org.tukaani.xz.CorruptedInputException;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.UnsupportedOptionsException;
import org.tukaani.xz.XZFormatException;
import org.tukaani.xz.XZInputStream;

/**
 * Reads xz data of any number of streams with XZ for Java. Memory: a dictionary of at
 * most 128 MiB, twice what {@code xz -9} makes, and at most half of the heap, where it
 * lives; larger ones are refused.
 */
final class XzDecompressor implements Decompressor {

	private static final int MOST_KIB = 130 << 10;

	private final CompressedInput input;

	private final int memoryLimitKib = (int) Math.min(MOST_KIB, Runtime.getRuntime().maxMemory() / 2 >> 10);

	private final byte[] block = new byte[1 << 16];

	private @Nullable XZInputStream stream;

	XzDecompressor(CompressedInput input) {
		this.input = input;
	}

	@Override
	public boolean read(ByteBuffer target) throws IOException {
		while (target.hasRemaining()) {
			int read = read(Math.min(this.block.length, target.remaining()));
			if (read < 0) {
				return false;
			}
			target.put(this.block, 0, read);
		}
		return true;
	}

	private int read(int length) throws IOException {
		try {
			if (this.stream == null) {
				// The cache makes blocks share the memory of one dictionary.
				this.stream = new XZInputStream(new InputAsStream(), this.memoryLimitKib, new BasicArrayCache());
			}
			return this.stream.read(this.block, 0, length);
		}
		catch (MemoryLimitException | UnsupportedOptionsException ex) {
			throw new DecompressionException(Reason.UNSUPPORTED, String.valueOf(ex.getMessage()), ex);
		}
		catch (XZFormatException | CorruptedInputException ex) {
			throw new DecompressionException(Reason.CORRUPT, String.valueOf(ex.getMessage()), ex);
		}
		catch (EOFException ex) {
			throw DecompressionException.truncated();
		}
	}

	@Override
	public void close() {
		// It has no resources but memory.
	}

	private final class InputAsStream extends InputStream {

		@Override
		public int read() throws IOException {
			return XzDecompressor.this.input.fill() ? XzDecompressor.this.input.next() : -1;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			if (length == 0 || !XzDecompressor.this.input.fill()) {
				return (length == 0) ? 0 : -1;
			}
			ByteBuffer buffer = XzDecompressor.this.input.buffer();
			int taken = Math.min(length, buffer.remaining());
			buffer.get(bytes, offset, taken);
			return taken;
		}

	}

}
