/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPOutputStream;

import dev.modelcache.testsupport.Reply.Framing;
import org.jspecify.annotations.Nullable;

/**
 * Turns a {@link Reply} into bytes on a connection.
 */
final class ReplySender {

	static final String LAST_MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT";

	private static final Set<Integer> WITHOUT_BODY = Set.of(204, 304);

	private final Connection connection;

	private final InputStream in;

	private final MisbehavingServer server;

	ReplySender(Connection connection, InputStream in, MisbehavingServer server) {
		this.connection = connection;
		this.in = in;
		this.server = server;
	}

	/**
	 * Sends a reply.
	 * @return whether the connection can be kept alive
	 */
	boolean send(Reply reply, RecordedRequest request) throws IOException {
		AtomicBoolean ended = new AtomicBoolean();
		Runnable beforeTheEnd = () -> {
			if (!ended.getAndSet(true)) {
				reply.beforeTheEnd.run();
			}
		};
		try {
			return send(reply, request, beforeTheEnd);
		}
		finally {
			beforeTheEnd.run();
		}
	}

	private boolean send(Reply reply, RecordedRequest request, Runnable beforeTheEnd) throws IOException {
		if (reply.dropped) {
			this.connection.abort();
			return false;
		}
		if (reply.gate != null) {
			if (reply.meets) {
				reply.gate.countDown();
			}
			this.connection.await(reply.gate, this.in);
		}
		if (reply.stallBeforeHeaders) {
			this.connection.stall(this.in);
		}
		OutputStream out = this.connection.out();
		if (reply.raw != null) {
			out.write(reply.raw);
			return false;
		}
		Message message = message(reply, request);
		long length = message.length() + reply.longerBy;
		boolean bodiless = request.method().equals("HEAD") || WITHOUT_BODY.contains(message.status());
		out.write(head(reply, message, length));
		if (!bodiless) {
			send(reply, message, new BodyStream(reply, this.connection, this.in,
					this.server.bytesCounter(request.path()), length + reply.overrunBy, beforeTheEnd));
		}
		return bodiless || (reply.framing != Framing.CLOSE && reply.overrunBy == 0 && reply.lengthShift == 0);
	}

	private void send(Reply reply, Message message, BodyStream body) throws IOException {
		body.begin();
		message.body().write(message.start(), message.length(), body);
		zeros(body, reply.longerBy + reply.overrunBy);
		body.end();
	}

	private static void zeros(OutputStream out, long count) throws IOException {
		byte[] zeros = new byte[(int) Math.min(count, 64 * 1024)];
		for (long left = count; left > 0; left -= zeros.length) {
			out.write(zeros, 0, (int) Math.min(left, zeros.length));
		}
	}

	private static byte[] head(Reply reply, Message message, long length) {
		StringBuilder head = new StringBuilder("HTTP/1.1 ").append(message.status()).append(" Status\r\n");
		message.headers().forEach((header) -> append(head, header));
		reply.headers.forEach((header) -> append(head, header));
		if (!WITHOUT_BODY.contains(message.status())) {
			switch (reply.framing) {
				case LENGTH -> append(head, Map.entry("Content-Length", Long.toString(length + reply.lengthShift)));
				case CHUNKED -> append(head, Map.entry("Transfer-Encoding", "chunked"));
				case CLOSE -> append(head, Map.entry("Connection", "close"));
			}
		}
		return reply.head.apply(head.append("\r\n").toString()).getBytes(StandardCharsets.ISO_8859_1);
	}

	private static void append(StringBuilder head, Map.Entry<String, String> header) {
		head.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
	}

	private Message message(Reply reply, RecordedRequest request) throws IOException {
		if (reply.status != null) {
			return new Message(reply.status, List.of(), reply.body, 0, reply.body.size());
		}
		Content content = this.server.content(request.path());
		if (content == null) {
			return new Message(404, List.of(), Content.of("not here"), 0, 8);
		}
		if (reply.flippedAt >= 0) {
			content = content.flipped(reply.flippedAt);
		}
		return represent(reply, request, reply.gzip ? gzip(content) : content);
	}

	private static Message represent(Reply reply, RecordedRequest request, Content content) {
		String etag = (reply.etag != null) ? reply.etag : content.etag();
		List<Map.Entry<String, String>> headers = new ArrayList<>();
		headers.add(Map.entry("Accept-Ranges", "bytes"));
		headers.add(Map.entry("Last-Modified", LAST_MODIFIED));
		if (!etag.isEmpty()) {
			headers.add(Map.entry("ETag", etag));
		}
		if (reply.headers.stream().noneMatch((header) -> header.getKey().equalsIgnoreCase("Content-Type"))) {
			headers.add(Map.entry("Content-Type", "application/octet-stream"));
		}
		if (reply.gzip) {
			headers.add(Map.entry("Content-Encoding", "gzip"));
		}
		if (!etag.isEmpty() && etag.equals(request.header("If-None-Match"))) {
			return new Message(304, headers, content, 0, 0);
		}
		Span span = reply.ignoreRange ? null : Span.of(request.range(), content.size());
		if (span != null && !reply.ignoreIfRange && !ifRangeHolds(request.header("If-Range"), etag)) {
			span = null;
		}
		if (span == null && reply.partialAnyway) {
			span = new Span(0, content.size());
		}
		if (span != null && reply.widenRange) {
			span = new Span(span.start(), content.size());
		}
		if (span != null && reply.block > 0) {
			long end = (span.end() + reply.block - 1) / reply.block * reply.block;
			span = new Span(span.start() / reply.block * reply.block, Math.min(end, content.size()));
		}
		if (span != null && reply.openRangeCap > 0 && String.valueOf(request.range()).endsWith("-")) {
			span = new Span(span.start(), Math.min(span.end(), span.start() + reply.openRangeCap));
		}
		if (span == null) {
			return new Message(200, headers, content, 0, content.size());
		}
		long total = content.size() + reply.totalShift;
		if (span.start() >= content.size()) {
			headers.add(Map.entry("Content-Range", "bytes */" + total));
			return new Message(416, headers, content, 0, 0);
		}
		long start = Math.max(0, Math.min(span.end() - 1, span.start() + reply.rangeShift));
		headers.add(Map.entry("Content-Range", "bytes " + start + "-" + (span.end() - 1) + "/" + total));
		return new Message(206, headers, content, start, span.end() - start);
	}

	/** RFC 9110, 13.1.5: a strong comparison, so a weak validator never matches. */
	private static boolean ifRangeHolds(@Nullable String condition, String etag) {
		return condition == null || condition.equals(LAST_MODIFIED)
				|| (condition.equals(etag) && !etag.startsWith("W/"));
	}

	private static Content gzip(Content content) throws IOException {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (OutputStream out = new GZIPOutputStream(compressed)) {
			content.write(0, content.size(), out);
		}
		return Content.of(compressed.toByteArray());
	}

	private record Message(int status, List<Map.Entry<String, String>> headers, Content body, long start, long length) {
	}

	/** A half-open range of the content. */
	private record Span(long start, long end) {

		/** Reads a single range (RFC 9110, 14.1.2); anything else is ignored. */
		static @Nullable Span of(@Nullable String header, long size) {
			if (header == null || !header.matches("bytes=(\\d+-\\d*|-\\d+)")) {
				return null;
			}
			String[] bounds = header.substring("bytes=".length()).split("-", 2);
			if (bounds[0].isEmpty()) {
				return new Span(Math.max(0, size - Long.parseLong(bounds[1])), size);
			}
			long end = bounds[1].isEmpty() ? size : Math.min(size, Long.parseLong(bounds[1]) + 1);
			return new Span(Long.parseLong(bounds[0]), end);
		}

	}

}
