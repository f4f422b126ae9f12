/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.modelcache.internal.content.DecompressionException.Reason;

/**
 * Reads Zstandard data of any number of frames, skippable ones among them (RFC 8878,
 * section 3), with zstd-jni. Memory: a window of at most 128 MiB outside the heap, the
 * library's own limit, which {@code zstd --long} keeps to as well; larger ones are
 * refused.
 */
final class ZstdDecompressor implements Decompressor {

	private final CompressedInput input;

	private final ZstdDecompressCtx context = new ZstdDecompressCtx();

	private boolean inFrame;

	private boolean first = true;

	ZstdDecompressor(CompressedInput input) {
		this.input = input;
	}

	@Override
	public boolean read(ByteBuffer target) throws IOException {
		while (target.hasRemaining()) {
			if (!this.input.fill()) {
				if (this.inFrame) {
					throw DecompressionException.truncated();
				}
				return false;
			}
			decompress(target);
		}
		return true;
	}

	private void decompress(ByteBuffer target) throws IOException {
		try {
			this.inFrame = !this.context.decompressDirectByteBufferStream(target, this.input.buffer());
		}
		catch (ZstdException ex) {
			// The library gives the codes with either sign.
			long code = Math.abs(ex.getErrorCode());
			throw new DecompressionException(reason(code), String.valueOf(ex.getMessage()), ex);
		}
		this.first = false;
	}

	private Reason reason(long code) {
		if (code == Zstd.errFrameParameterWindowTooLarge() || code == Zstd.errFrameParameterUnsupported()
				|| code == Zstd.errDictionaryWrong() || code == Zstd.errMemoryAllocation()) {
			return Reason.UNSUPPORTED;
		}
		return (code == Zstd.errPrefixUnknown() && !this.first) ? Reason.TRAILING : Reason.CORRUPT;
	}

	@Override
	public void close() {
		this.context.close();
	}

}
