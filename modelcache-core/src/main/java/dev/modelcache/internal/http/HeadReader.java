/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.nio.charset.StandardCharsets;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Finds the head of a response in the bytes of a connection. Interim responses before it
 * are passed over. Used on the event loop of its connection alone.
 */
public final class HeadReader {

	/** The limit of curl for all headers of a response, interim responses included. */
	static final int LARGEST_HEAD = 300 * 1024;

	private static final byte LF = '\n';

	private static final byte CR = '\r';

	private static final String BEGINNING = "HTTP/";

	/** How much of the head has been searched for its end. */
	private int searched;

	private int interimBytes;

	/** The next head is that of the response to another request. */
	void begin() {
		this.interimBytes = 0;
	}

	/**
	 * Reads a head.
	 * @param in the bytes that have come, of which those of heads are taken
	 * @return the head, or {@code null} if it is not complete
	 * @throws ConnectionFailedException if it is not the head of a response, states
	 * different lengths, or is too large
	 */
	public @Nullable ResponseHead read(ByteBuf in) throws ConnectionFailedException {
		while (in.isReadable()) {
			while (this.searched == 0 && in.isReadable() && isLineEnd(in.getByte(in.readerIndex()))) {
				in.skipBytes(1);
			}
			if (!beginsAsResponse(in)) {
				throw ResponseHead.notHttp();
			}
			int length = length(in);
			if (this.interimBytes + ((length < 0) ? in.readableBytes() : length) > LARGEST_HEAD) {
				throw new ConnectionFailedException(Reason.TOO_LARGE,
						"sent more than " + LARGEST_HEAD / 1024 + " KiB of headers",
						"Check what the server or a proxy adds to its responses, or use another source", null);
			}
			if (length < 0) {
				return null;
			}
			this.searched = 0;
			ResponseHead head = ResponseHead.parse(in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString());
			if (!head.isInterim()) {
				return head;
			}
			this.interimBytes += length;
		}
		return null;
	}

	/** What is something else may never send an empty line. */
	private static boolean beginsAsResponse(ByteBuf in) {
		int length = Math.min(in.readableBytes(), BEGINNING.length());
		String beginning = in.toString(in.readerIndex(), length, StandardCharsets.ISO_8859_1);
		return BEGINNING.regionMatches(true, 0, beginning, 0, length);
	}

	/** Returns the length up to the empty line, inclusive, or -1. */
	private int length(ByteBuf in) {
		int start = in.readerIndex();
		int lf = in.indexOf(start + this.searched, in.writerIndex(), LF);
		while (lf >= 0) {
			int next = lf + 1;
			while (next < in.writerIndex() && in.getByte(next) == CR) {
				next++;
			}
			if (next >= in.writerIndex()) {
				this.searched = lf - start;
				return -1;
			}
			if (in.getByte(next) == LF) {
				return next + 1 - start;
			}
			lf = in.indexOf(next, in.writerIndex(), LF);
		}
		this.searched = in.readableBytes();
		return -1;
	}

	private static boolean isLineEnd(byte next) {
		return next == CR || next == LF;
	}

}
