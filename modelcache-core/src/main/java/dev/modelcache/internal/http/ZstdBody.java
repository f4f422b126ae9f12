/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.util.ClassUtils;

/**
 * Decodes a body that a server sends in Zstandard (RFC 8878, section 7.2), of any number
 * of frames. The window, of at most 128 MiB, is outside the heap.
 */
final class ZstdBody extends EncodedBody {

	private static final int PIECE = 64 * 1024;

	private static final int MAGIC = 0xfd2fb528;

	/** RFC 8878, section 3.1.2: the low half of the first byte is free. */
	private static final int SKIPPABLE = 0x184d2a50;

	private final BooleanSupplier available;

	private final ByteBuffer source = ByteBuffer.allocateDirect(PIECE).limit(0);

	private final ByteBuffer target = ByteBuffer.allocateDirect(2 * PIECE);

	private @Nullable Decoder decoder;

	private boolean plain;

	private boolean inFrame;

	/**
	 * Creates the decoder of one body.
	 * @param mirror who sends it
	 * @param available tells whether the library can be used, when bytes have come
	 */
	ZstdBody(Mirror mirror, BooleanSupplier available) {
		super(mirror, "zstd");
		this.available = available;
	}

	/**
	 * Returns whether zstd-jni is there and works on this machine. <em>Blocking</em>: the
	 * first time, when it is unpacked to the disk.
	 */
	static boolean isAvailable() {
		boolean present = ClassUtils.isPresent("com.github.luben.zstd.ZstdDecompressCtx",
				ZstdBody.class.getClassLoader());
		return present && Decoder.WORKS;
	}

	@Override
	@Nullable DataBuffer next(ByteBuffer input) {
		if (!this.plain && this.decoder == null) {
			if (input.remaining() < Integer.BYTES) {
				return null;
			}
			begin(input.getInt(input.position()));
		}
		Decoder used = this.decoder;
		if (used == null) {
			return rest(input);
		}
		byte[] content = new byte[0];
		boolean full = this.inFrame && !this.target.hasRemaining();
		while (content.length == 0 && (full || this.source.hasRemaining() || input.hasRemaining())) {
			fill(input);
			this.inFrame = !used.decode(this.target.clear(), this.source);
			content = new byte[this.target.position()];
			this.target.get(0, content);
			full = false;
		}
		return (content.length > 0) ? buffer(content) : null;
	}

	/** Decides by the first bytes what the body is. */
	private void begin(int magic) {
		this.plain = magic != MAGIC && (magic & ~0xf) != SKIPPABLE;
		if (this.plain) {
			return;
		}
		if (!this.available.getAsBoolean()) {
			throw new RequestFailedException(Reason.ENCODED, mirror(),
					"sent the content encoding zstd, which was not requested; it can be decoded with the library"
							+ " com.github.luben:zstd-jni",
					null);
		}
		this.decoder = new Decoder();
	}

	private void fill(ByteBuffer input) {
		if (!this.source.hasRemaining()) {
			int length = Math.min(PIECE, input.remaining());
			this.source.clear().put(0, input, input.position(), length).limit(length);
			input.position(input.position() + length);
		}
	}

	@Override
	boolean mayEnd(int unused) {
		return !this.inFrame;
	}

	@Override
	void release() {
		if (this.decoder != null) {
			this.decoder.context.close();
		}
	}

	/** Linked where the library is. */
	private final class Decoder {

		static final boolean WORKS = works();

		final ZstdDecompressCtx context = new ZstdDecompressCtx();

		private static boolean works() {
			try {
				Native.load();
				return true;
			}
			catch (LinkageError ex) {
				return false;
			}
		}

		boolean decode(ByteBuffer to, ByteBuffer from) {
			try {
				return this.context.decompressDirectByteBufferStream(to, from);
			}
			catch (ZstdException ex) {
				throw broken(ex);
			}
		}

	}

}
