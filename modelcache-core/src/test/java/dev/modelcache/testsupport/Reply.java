/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

/**
 * How a {@link MisbehavingServer} answers one request. Starts from {@link #ok()}, the
 * well-behaved answer with what is served at the path, or from {@link #status(int)};
 * everything else bends it and can be combined. Immutable.
 */
public final class Reply {

	@Nullable Integer status;

	List<Map.Entry<String, String>> headers = new ArrayList<>();

	Content body = Content.of("");

	Framing framing = Framing.LENGTH;

	@Nullable String etag;

	boolean ignoreRange;

	boolean ignoreIfRange;

	boolean partialAnyway;

	boolean widenRange;

	long block;

	long openRangeCap;

	boolean gzip;

	long rangeShift;

	long totalShift;

	long longerBy;

	long overrunBy;

	long lengthShift;

	long flippedAt = -1;

	long cutAfter = -1;

	boolean reset;

	long stallAfter = -1;

	boolean stallBeforeHeaders;

	long bytesPerSecond;

	byte @Nullable [] raw;

	UnaryOperator<String> head = UnaryOperator.identity();

	boolean dropped;

	Runnable beforeTheEnd = () -> {
	};

	@Nullable CountDownLatch gate;

	boolean meets;

	@Nullable CountDownLatch stallGate;

	private Reply() {
	}

	/**
	 * Returns the well-behaved answer: 200, or 206, 304 and 416 where the request's
	 * conditions ask for them.
	 * @return the reply
	 */
	public static Reply ok() {
		return new Reply();
	}

	/**
	 * Returns a plain answer without a body.
	 * @param status the status code
	 * @return the reply
	 */
	public static Reply status(int status) {
		return ok().with((reply) -> reply.status = status);
	}

	/**
	 * Returns a redirect.
	 * @param status the status code, 301 to 308
	 * @param location where to, absolute or relative; the own path makes a loop
	 * @return the reply
	 */
	public static Reply redirect(int status, String location) {
		return status(status).header("Location", location);
	}

	/**
	 * Returns a web page with status 200, as a login wall sends it.
	 * @return the reply
	 */
	public static Reply html() {
		return status(200).header("Content-Type", "text/html; charset=utf-8")
			.body("<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n");
	}

	/**
	 * Returns 200 with {@code Content-Length: 0}.
	 * @return the reply
	 */
	public static Reply empty() {
		return status(200);
	}

	/**
	 * Returns bytes that are sent as they are, then the connection is closed.
	 * @param bytes what to send, with status line and all
	 * @return the reply
	 */
	public static Reply raw(byte[] bytes) {
		return ok().with((reply) -> reply.raw = bytes);
	}

	/**
	 * Returns a text that is sent as it is, then the connection is closed.
	 * @param text what to send, with status line and all
	 * @return the reply
	 */
	public static Reply raw(String text) {
		return raw(text.getBytes(StandardCharsets.ISO_8859_1));
	}

	/**
	 * Resets the connection (RST) without an answer.
	 * @return the reply
	 */
	public static Reply dropped() {
		return ok().with((reply) -> reply.dropped = true);
	}

	/**
	 * Sends the status line and the headers otherwise than they should be.
	 * @param change gets them as they should be, with the empty line at their end
	 * @return the reply
	 */
	public Reply head(UnaryOperator<String> change) {
		return with((reply) -> {
			UnaryOperator<String> before = reply.head;
			reply.head = (head) -> change.apply(before.apply(head));
		});
	}

	/**
	 * Does something before the client can have the last byte of the body, or when it
	 * turns out that it will not have it.
	 * @param step what to do, once for each request
	 * @return the reply
	 */
	public Reply beforeTheEnd(Runnable step) {
		return with((reply) -> reply.beforeTheEnd = step);
	}

	/**
	 * Adds a header.
	 * @param name its name
	 * @param value its value
	 * @return the reply
	 */
	public Reply header(String name, String value) {
		return with((reply) -> reply.headers.add(Map.entry(name, value)));
	}

	/**
	 * Sets the body of a {@link #status(int) plain} answer.
	 * @param text the body
	 * @return the reply
	 */
	public Reply body(String text) {
		return body(Content.of(text));
	}

	/**
	 * Sets the body of a {@link #status(int) plain} answer.
	 * @param content the body
	 * @return the reply
	 */
	public Reply body(Content content) {
		return with((reply) -> reply.body = content);
	}

	/**
	 * Sends neither a length nor chunks: the body ends where the connection does.
	 * @return the reply
	 */
	public Reply withoutLength() {
		return with((reply) -> reply.framing = Framing.CLOSE);
	}

	/**
	 * Sends the body in chunks, without a length.
	 * @return the reply
	 */
	public Reply chunked() {
		return with((reply) -> reply.framing = Framing.CHUNKED);
	}

	/**
	 * Resets the connection (RST) after some bytes of the body. The client may see fewer.
	 * @param bytes how many
	 * @return the reply
	 */
	public Reply cutAfter(long bytes) {
		return with((reply) -> {
			reply.cutAfter = bytes;
			reply.reset = true;
		});
	}

	/**
	 * Closes the connection in an orderly way after some bytes of the body. In chunks,
	 * the last one is missing.
	 * @param bytes how many; the client sees all of them
	 * @return the reply
	 */
	public Reply closeAfter(long bytes) {
		return with((reply) -> {
			reply.cutAfter = bytes;
			reply.reset = false;
		});
	}

	/**
	 * Makes the body longer than it should be; the length announced is that of the longer
	 * body.
	 * @param bytes how many zeros follow
	 * @return the reply
	 */
	public Reply longerBy(long bytes) {
		return with((reply) -> reply.longerBy = bytes);
	}

	/**
	 * Sends bytes after the end that {@code Content-Length} announces, then closes.
	 * @param bytes how many zeros follow
	 * @return the reply
	 */
	public Reply overrunBy(long bytes) {
		return with((reply) -> reply.overrunBy = bytes);
	}

	/**
	 * Announces another {@code Content-Length} than that of the body, then closes.
	 * @param difference how many bytes more, or less if negative
	 * @return the reply
	 */
	public Reply announcing(long difference) {
		return with((reply) -> reply.lengthShift = difference);
	}

	/**
	 * Sends some bytes of the body, then nothing until {@link MisbehavingServer#release()
	 * released}.
	 * @param bytes how many; 0 for headers alone
	 * @return the reply
	 */
	public Reply stallAfter(long bytes) {
		return with((reply) -> reply.stallAfter = bytes);
	}

	/**
	 * Sends some bytes of the body, then nothing until a latch opens.
	 * @param bytes how many; 0 for headers alone
	 * @param latch the latch
	 * @return the reply
	 */
	public Reply stallAfter(long bytes, CountDownLatch latch) {
		return stallAfter(bytes).with((reply) -> reply.stallGate = latch);
	}

	/**
	 * Sends nothing at all until {@link MisbehavingServer#release() released}.
	 * @return the reply
	 */
	public Reply stallBeforeHeaders() {
		return with((reply) -> reply.stallBeforeHeaders = true);
	}

	/**
	 * Sends the body slowly.
	 * @param rate the rate in bytes per second
	 * @return the reply
	 */
	public Reply throttled(long rate) {
		return with((reply) -> reply.bytesPerSecond = rate);
	}

	/**
	 * Compresses the content, whatever the client accepts, and ignores ranges.
	 * @return the reply
	 */
	public Reply gzipped() {
		return with((reply) -> reply.gzip = true).ignoringRange();
	}

	/**
	 * Answers a range with one that begins elsewhere, and says so truthfully.
	 * @param shift how many bytes later, or earlier if negative
	 * @return the reply
	 */
	public Reply shiftingRange(long shift) {
		return with((reply) -> reply.rangeShift = shift);
	}

	/**
	 * Gives another total in {@code Content-Range} than the content has.
	 * @param difference how many bytes more, or less if negative
	 * @return the reply
	 */
	public Reply wrongTotal(long difference) {
		return with((reply) -> reply.totalShift = difference);
	}

	/**
	 * Answers 206 although no range was asked for.
	 * @return the reply
	 */
	public Reply partialAnyway() {
		return with((reply) -> reply.partialAnyway = true);
	}

	/**
	 * Answers a range with one that goes on to the end of the content, and says so
	 * truthfully.
	 * @return the reply
	 */
	public Reply wideningRange() {
		return with((reply) -> reply.widenRange = true);
	}

	/**
	 * Answers a range with all blocks that it touches, and says so truthfully.
	 * @param bytes the size of a block
	 * @return the reply
	 */
	public Reply aligningRange(long bytes) {
		return with((reply) -> reply.block = bytes);
	}

	/**
	 * Sends no more than some bytes of a range that goes to the end of the content.
	 * @param bytes how many
	 * @return the reply
	 */
	public Reply cappingOpenRange(long bytes) {
		return with((reply) -> reply.openRangeCap = bytes);
	}

	/**
	 * Answers 200 with the whole content although a range was asked for.
	 * @return the reply
	 */
	public Reply ignoringRange() {
		return with((reply) -> reply.ignoreRange = true);
	}

	/**
	 * Answers a range although {@code If-Range} does not match.
	 * @return the reply
	 */
	public Reply ignoringIfRange() {
		return with((reply) -> reply.ignoreIfRange = true);
	}

	/**
	 * Gives and compares another validator than the content's own.
	 * @param value the entity tag with its quotation marks, {@code W/} before a weak one;
	 * empty for none
	 * @return the reply
	 */
	public Reply etag(String value) {
		return with((reply) -> reply.etag = value);
	}

	/**
	 * Inverts one byte of the content.
	 * @param offset where it is in the content
	 * @return the reply
	 */
	public Reply flipped(long offset) {
		return with((reply) -> reply.flippedAt = offset);
	}

	/**
	 * Holds the reply back until a latch opens.
	 * @param latch the latch
	 * @return the reply
	 */
	public Reply heldBy(CountDownLatch latch) {
		return with((reply) -> reply.gate = latch);
	}

	/**
	 * Holds the reply back until a latch opens, and counts that down as the request for
	 * it arrives: so several requests meet at the same moment.
	 * @param latch how many requests there must be
	 * @return the reply
	 */
	public Reply meeting(CountDownLatch latch) {
		return heldBy(latch).with((reply) -> reply.meets = true);
	}

	private Reply with(Consumer<Reply> change) {
		Reply copy = new Reply();
		copy.status = this.status;
		copy.headers = new ArrayList<>(this.headers);
		copy.body = this.body;
		copy.framing = this.framing;
		copy.etag = this.etag;
		copy.ignoreRange = this.ignoreRange;
		copy.ignoreIfRange = this.ignoreIfRange;
		copy.partialAnyway = this.partialAnyway;
		copy.widenRange = this.widenRange;
		copy.block = this.block;
		copy.openRangeCap = this.openRangeCap;
		copy.gzip = this.gzip;
		copy.rangeShift = this.rangeShift;
		copy.totalShift = this.totalShift;
		copy.longerBy = this.longerBy;
		copy.overrunBy = this.overrunBy;
		copy.lengthShift = this.lengthShift;
		copy.flippedAt = this.flippedAt;
		copy.cutAfter = this.cutAfter;
		copy.reset = this.reset;
		copy.stallAfter = this.stallAfter;
		copy.stallBeforeHeaders = this.stallBeforeHeaders;
		copy.bytesPerSecond = this.bytesPerSecond;
		copy.raw = this.raw;
		copy.head = this.head;
		copy.dropped = this.dropped;
		copy.beforeTheEnd = this.beforeTheEnd;
		copy.gate = this.gate;
		copy.meets = this.meets;
		copy.stallGate = this.stallGate;
		change.accept(copy);
		return copy;
	}

	/** Where a body ends. */
	enum Framing {

		LENGTH, CHUNKED, CLOSE

	}

}
