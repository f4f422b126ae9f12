/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

import dev.modelcache.testsupport.Reply.Framing;

/**
 * The body of a reply on its way out: counts, paces, stalls and cuts it where the reply
 * wants that, and frames it in chunks.
 */
final class BodyStream extends OutputStream {

	private static final byte[] CRLF = { '\r', '\n' };

	private static final int TICKS_PER_SECOND = 50;

	private final Reply reply;

	private final Connection connection;

	private final InputStream in;

	private final LongAdder counter;

	private final long length;

	private final Runnable beforeTheEnd;

	private final OutputStream out;

	private final long startedAt = System.nanoTime();

	private long position;

	BodyStream(Reply reply, Connection connection, InputStream in, LongAdder counter, long length,
			Runnable beforeTheEnd) throws IOException {
		this.reply = reply;
		this.connection = connection;
		this.in = in;
		this.counter = counter;
		this.length = length;
		this.beforeTheEnd = beforeTheEnd;
		this.out = connection.out();
	}

	void begin() throws IOException {
		misbehave();
	}

	@Override
	public void write(int value) throws IOException {
		write(new byte[] { (byte) value }, 0, 1);
	}

	@Override
	public void write(byte[] bytes, int offset, int length) throws IOException {
		int done = 0;
		while (done < length) {
			int count = (int) Math.min(length - done, untilNextMark());
			// Before a client can have them, or a test would count too few.
			this.counter.add(count);
			if (this.position + count == this.length) {
				this.beforeTheEnd.run();
			}
			try {
				frame(bytes, offset + done, count);
			}
			catch (IOException ex) {
				this.counter.add(-count);
				throw ex;
			}
			this.position += count;
			done += count;
			pace();
			misbehave();
		}
	}

	void end() throws IOException {
		if (this.reply.framing == Framing.CHUNKED) {
			this.out.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
		}
	}

	private void frame(byte[] bytes, int offset, int count) throws IOException {
		if (this.reply.framing == Framing.CHUNKED) {
			this.out.write((Integer.toHexString(count) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
			this.out.write(bytes, offset, count);
			this.out.write(CRLF);
		}
		else {
			this.out.write(bytes, offset, count);
		}
	}

	private long untilNextMark() {
		long next = Long.MAX_VALUE;
		if (this.reply.cutAfter > this.position) {
			next = this.reply.cutAfter - this.position;
		}
		if (this.reply.stallAfter > this.position) {
			next = Math.min(next, this.reply.stallAfter - this.position);
		}
		if (this.reply.bytesPerSecond > 0) {
			next = Math.min(next, Math.max(1, this.reply.bytesPerSecond / TICKS_PER_SECOND));
		}
		return next;
	}

	private void misbehave() throws IOException {
		if (this.position == this.reply.stallAfter) {
			if (this.reply.stallGate != null) {
				this.connection.await(this.reply.stallGate, this.in);
			}
			else {
				this.connection.stall(this.in);
			}
		}
		if (this.position == this.reply.cutAfter) {
			if (this.reply.reset) {
				this.connection.abort();
			}
			throw new EOFException("cut");
		}
	}

	private void pace() {
		if (this.reply.bytesPerSecond > 0) {
			long due = this.startedAt + (long) (this.position * 1e9 / this.reply.bytesPerSecond);
			long left = due - System.nanoTime();
			while (left > 0) {
				LockSupport.parkNanos(left);
				left = due - System.nanoTime();
			}
		}
	}

}
