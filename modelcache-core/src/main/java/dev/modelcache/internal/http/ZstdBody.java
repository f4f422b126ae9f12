/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.util.ClassUtils;

/**
 * Decodes a body that a server sends in Zstandard (RFC 8878, section 7.2), of any number
 * of frames, as its bytes arrive. One that is not in Zstandard at all, whatever its label
 * says, is passed on as it is. What is decoded is in buffers on the heap; the window, of
 * at most 128 MiB, is outside.
 */
final class ZstdBody {

	private static final int PIECE = 64 * 1024;

	private static final int MAGIC = 0xfd2fb528;

	/** RFC 8878, section 3.1.2: the low half of the first byte is free. */
	private static final int SKIPPABLE = 0x184d2a50;

	private final Mirror mirror;

	private final BooleanSupplier available;

	private final ByteBuffer input = ByteBuffer.allocateDirect(PIECE).limit(0);

	private final ByteBuffer output = ByteBuffer.allocateDirect(2 * PIECE);

	private @Nullable Decoder decoder;

	private Kind kind = Kind.UNKNOWN;

	private boolean inFrame;

	private boolean closed;

	/** The first bytes, while there are too few of them to tell what they are. */
	private byte[] left = new byte[0];

	private ZstdBody(Mirror mirror, BooleanSupplier available) {
		this.mirror = mirror;
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

	/**
	 * Decodes a body.
	 * @param body the bytes as they arrive
	 * @param mirror who sends them
	 * @param available tells whether the library can be used, when bytes have come
	 * @return the decoded bytes, in buffers that need not be released, or a
	 * {@link RequestFailedException}
	 */
	static Flux<DataBuffer> decode(Flux<byte[]> body, Mirror mirror, BooleanSupplier available) {
		return Flux.defer(() -> {
			ZstdBody zstd = new ZstdBody(mirror, available);
			return body.concatMapIterable((bytes) -> () -> zstd.new Pieces(bytes), 1)
				.concatWith(Mono.defer(zstd::end))
				.doFinally((signal) -> zstd.close());
		});
	}

	private synchronized Mono<DataBuffer> end() {
		if (this.inFrame) {
			return Mono.error(new RequestFailedException(Reason.SHORT_BODY, this.mirror,
					"ended the body before the end of its zstd data", null));
		}
		return (this.left.length > 0) ? Mono.just(buffer(this.left)) : Mono.empty();
	}

	/** What is decoded at this moment is so first: its memory must not be freed. */
	private synchronized void close() {
		this.closed = true;
		if (this.decoder != null) {
			this.decoder.context.close();
		}
	}

	private static DataBuffer buffer(byte[] bytes) {
		return DefaultDataBufferFactory.sharedInstance.wrap(bytes);
	}

	/** Decides by the first bytes what the body is, and returns those to be used. */
	private byte[] begin(byte[] bytes) {
		byte[] all = Arrays.copyOf(this.left, this.left.length + bytes.length);
		System.arraycopy(bytes, 0, all, this.left.length, bytes.length);
		boolean enough = all.length >= Integer.BYTES;
		this.left = enough ? new byte[0] : all;
		if (!enough) {
			return this.left;
		}
		int magic = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getInt();
		this.kind = (magic == MAGIC || (magic & ~0xf) == SKIPPABLE) ? Kind.ZSTD : Kind.PLAIN;
		if (this.kind == Kind.ZSTD && !this.available.getAsBoolean()) {
			throw new RequestFailedException(Reason.ENCODED, this.mirror,
					"sent the content encoding zstd, asked for none; the library com.github.luben:zstd-jni would"
							+ " decode it",
					null);
		}
		return all;
	}

	/** Returns what some bytes expand to, or null if that is nothing yet. */
	private synchronized @Nullable DataBuffer decoded() {
		if (this.closed) {
			this.input.position(this.input.limit());
			return null;
		}
		if (this.decoder == null) {
			this.decoder = new Decoder();
		}
		this.inFrame = !this.decoder.decode(this.output.clear(), this.input, this.mirror);
		byte[] bytes = new byte[this.output.flip().remaining()];
		this.output.get(bytes);
		return (bytes.length > 0) ? buffer(bytes) : null;
	}

	/** Returns whether content has come that did not fit into the output. */
	private synchronized boolean hasMore() {
		return this.inFrame && !this.closed && this.output.limit() == this.output.capacity();
	}

	private enum Kind {

		UNKNOWN, ZSTD, PLAIN

	}

	/** Linked where the library is. */
	private static final class Decoder {

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

		boolean decode(ByteBuffer target, ByteBuffer source, Mirror mirror) {
			try {
				return this.context.decompressDirectByteBufferStream(target, source);
			}
			catch (ZstdException ex) {
				throw new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror, "sent broken zstd data", ex);
			}
		}

	}

	/** Decodes some bytes whenever more of the content are wanted. */
	private final class Pieces implements Iterator<DataBuffer> {

		private final ZstdBody body = ZstdBody.this;

		private final byte[] bytes;

		private int from;

		private @Nullable DataBuffer next;

		Pieces(byte[] arrived) {
			this.bytes = (this.body.kind == Kind.UNKNOWN) ? this.body.begin(arrived) : arrived;
			this.from = (this.body.kind == Kind.ZSTD) ? 0 : this.bytes.length;
			this.next = (this.body.kind == Kind.PLAIN && this.bytes.length > 0) ? buffer(this.bytes) : null;
		}

		@Override
		public boolean hasNext() {
			while (this.next == null
					&& (this.from < this.bytes.length || this.body.input.hasRemaining() || this.body.hasMore())) {
				if (!this.body.input.hasRemaining() && !this.body.hasMore()) {
					int length = Math.min(PIECE, this.bytes.length - this.from);
					this.body.input.clear().put(this.bytes, this.from, length).flip();
					this.from += length;
				}
				this.next = this.body.decoded();
			}
			return this.next != null;
		}

		@Override
		public DataBuffer next() {
			DataBuffer result = hasNext() ? this.next : null;
			if (result == null) {
				throw new NoSuchElementException();
			}
			this.next = null;
			return result;
		}

	}

}
