/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * A body in a coding that is decoded as its bytes arrive, and no further than its content
 * is wanted. One that is not in that coding at all, whatever its label says, is passed on
 * as it is.
 */
abstract class EncodedBody {

	private final Mirror mirror;

	private final String coding;

	/** Bytes of which not enough have come to use them. */
	private byte[] left = new byte[0];

	private boolean closed;

	/**
	 * Creates the decoder of one body.
	 * @param mirror who sends it
	 * @param coding what it is in
	 */
	EncodedBody(Mirror mirror, String coding) {
		this.mirror = mirror;
		this.coding = coding;
	}

	/**
	 * Decodes a body.
	 * @param body the bytes as they arrive; each buffer is released
	 * @param decoder makes the decoder
	 * @return the decoded bytes, in buffers on the heap that need not be released, or a
	 * {@link RequestFailedException}
	 */
	static Flux<DataBuffer> decode(Flux<DataBuffer> body, Supplier<EncodedBody> decoder) {
		return Flux.defer(() -> {
			EncodedBody encoded = decoder.get();
			return body.map(EncodedBody::take)
				.concatMapIterable((bytes) -> () -> encoded.new Content(bytes), 1)
				.concatWith(Mono.defer(encoded::end))
				.doFinally((signal) -> encoded.close());
		});
	}

	/** Copies and releases a buffer. */
	static byte[] take(DataBuffer buffer) {
		try {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			return bytes;
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	static DataBuffer buffer(byte[] bytes) {
		return DefaultDataBufferFactory.sharedInstance.wrap(bytes);
	}

	/** Takes all bytes as they are. */
	static @Nullable DataBuffer rest(ByteBuffer input) {
		byte[] bytes = new byte[input.remaining()];
		input.get(bytes);
		return (bytes.length > 0) ? buffer(bytes) : null;
	}

	/**
	 * Decodes some bytes.
	 * @param input the bytes that have come, little-endian; its position says which of
	 * them were used
	 * @return some of the content, or {@code null} if that takes further bytes
	 */
	abstract @Nullable DataBuffer next(ByteBuffer input);

	/**
	 * Returns whether a body may end here.
	 * @param unused how many bytes have come that were not used
	 */
	abstract boolean mayEnd(int unused);

	/** Gives back what it holds. */
	abstract void release();

	RequestFailedException broken(@Nullable Throwable cause) {
		return new RequestFailedException(Reason.ILLEGAL_RESPONSE, this.mirror, "sent broken " + this.coding + " data",
				cause);
	}

	Mirror mirror() {
		return this.mirror;
	}

	private synchronized Mono<DataBuffer> end() {
		if (!mayEnd(this.left.length)) {
			return Mono.error(new RequestFailedException(Reason.SHORT_BODY, this.mirror,
					"ended the body before the end of its " + this.coding + " data", null));
		}
		return Mono.justOrEmpty(rest(ByteBuffer.wrap(this.left)));
	}

	/** What is decoded at this moment is so first: its memory must not be freed. */
	private synchronized void close() {
		this.closed = true;
		release();
	}

	/** The content of bytes that have arrived, decoded when it is wanted. */
	private final class Content implements Iterator<DataBuffer> {

		private final ByteBuffer input;

		private @Nullable DataBuffer next;

		Content(byte[] arrived) {
			byte[] unused = EncodedBody.this.left;
			this.input = ByteBuffer.allocate(unused.length + arrived.length).order(ByteOrder.LITTLE_ENDIAN);
			this.input.put(unused).put(arrived).flip();
		}

		@Override
		public boolean hasNext() {
			synchronized (EncodedBody.this) {
				if (this.next == null && !EncodedBody.this.closed) {
					this.next = EncodedBody.this.next(this.input);
				}
				if (this.next == null) {
					EncodedBody.this.left = new byte[this.input.remaining()];
					this.input.get(this.input.position(), EncodedBody.this.left);
				}
				return this.next != null;
			}
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
