/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * Decodes a body that a server sends in gzip (RFC 9110, section 8.4.1.3). One that is not
 * in gzip at all, whatever its label says, is passed on as it is.
 */
final class GzipBody {

	/** So few bytes at a time that what they expand to is small, too. */
	private static final int PIECE = 1024;

	private final Mirror mirror;

	private final JdkZlibDecoder decoder = new JdkZlibDecoder(ZlibWrapper.GZIP, 0);

	private final EmbeddedChannel channel = new EmbeddedChannel(this.decoder);

	/** The first bytes, of which it is not yet known what they are. */
	private byte[] begin = new byte[0];

	private boolean known;

	private boolean encoded;

	private GzipBody(Mirror mirror) {
		this.mirror = mirror;
	}

	/**
	 * Decodes a body.
	 * @param body the bytes as they arrive; each buffer is released
	 * @param mirror who sends them
	 * @return the decoded bytes, in buffers that need not be released, or a
	 * {@link RequestFailedException}
	 */
	static Flux<DataBuffer> decode(Flux<DataBuffer> body, Mirror mirror) {
		return Flux.defer(() -> {
			GzipBody gzip = new GzipBody(mirror);
			return body.map(GzipBody::take)
				.concatWith(Mono.just(new byte[0]))
				.concatMapIterable(gzip::decoded, 1)
				.concatWith(Mono.defer(gzip::end));
		});
	}

	private static byte[] take(DataBuffer buffer) {
		try {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			return bytes;
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	/** Decodes some bytes; none at all are the end of the body. */
	private Iterable<DataBuffer> decoded(byte[] bytes) {
		byte[] next = bytes;
		if (!this.known) {
			next = Arrays.copyOf(this.begin, this.begin.length + bytes.length);
			System.arraycopy(bytes, 0, next, this.begin.length, bytes.length);
			if (next.length < 2 && bytes.length > 0) {
				this.begin = next;
				return List.of();
			}
			this.known = true;
			this.encoded = next.length >= 2 && next[0] == 0x1f && next[1] == (byte) 0x8b;
		}
		if (!this.encoded) {
			return (next.length > 0) ? List.of(DefaultDataBufferFactory.sharedInstance.wrap(next)) : List.of();
		}
		byte[] input = next;
		return () -> new Pieces(input);
	}

	private Mono<DataBuffer> end() {
		boolean whole = !this.encoded || this.decoder.isClosed();
		this.channel.finishAndReleaseAll();
		return whole ? Mono.empty() : Mono.error(new RequestFailedException(Reason.SHORT_BODY, this.mirror,
				"ended the body before the end of its gzip data", null));
	}

	private List<DataBuffer> inflate(byte[] input, int from) {
		if (this.decoder.isClosed()) {
			throw new RequestFailedException(Reason.ILLEGAL_RESPONSE, this.mirror,
					"sent bytes after the end of its gzip data", null);
		}
		try {
			this.channel.writeInbound(Unpooled.wrappedBuffer(input, from, Math.min(PIECE, input.length - from)));
		}
		catch (DecoderException ex) {
			throw new RequestFailedException(Reason.ILLEGAL_RESPONSE, this.mirror, "sent broken gzip data", ex);
		}
		List<DataBuffer> pieces = new ArrayList<>();
		for (ByteBuf out = this.channel.readInbound(); out != null; out = this.channel.readInbound()) {
			pieces.add(DefaultDataBufferFactory.sharedInstance.wrap(ByteBufUtil.getBytes(out)));
			out.release();
		}
		return pieces;
	}

	/** Decodes a few bytes whenever more of the content are wanted. */
	private final class Pieces implements Iterator<DataBuffer> {

		private final byte[] input;

		private int from;

		private Iterator<DataBuffer> out = List.<DataBuffer>of().iterator();

		Pieces(byte[] input) {
			this.input = input;
		}

		@Override
		public boolean hasNext() {
			while (!this.out.hasNext() && this.from < this.input.length) {
				this.out = inflate(this.input, this.from).iterator();
				this.from += PIECE;
			}
			return this.out.hasNext();
		}

		@Override
		public DataBuffer next() {
			if (!hasNext()) {
				throw new NoSuchElementException();
			}
			return this.out.next();
		}

	}

}
