/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.sun.net.httpserver.HttpExchange;
import org.jspecify.annotations.Nullable;

/**
 * Answers the requests that reach a {@link ModelOrigin}.
 */
final class OriginHandler {

	private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{0,18})");

	private static final int SLICES_PER_SECOND = 20;

	private final ModelOrigin origin;

	OriginHandler(ModelOrigin origin) {
		this.origin = origin;
	}

	void handle(HttpExchange exchange) throws IOException {
		try (exchange) {
			ModelOrigin.Request request = new ModelOrigin.Request(exchange.getRequestMethod(),
					this.origin.original(exchange.getRequestURI()), exchange.getRequestHeaders());
			int releases = this.origin.releases();
			Fault fault = this.origin.fault(request);
			exchange.getRequestBody().readAllBytes();
			byte[] content = (fault.page != null) ? fault.page.getBytes(StandardCharsets.UTF_8)
					: this.origin.content(request.uri());
			if (fault.status != 0 || content == null) {
				refuse(exchange, fault);
			}
			else {
				answer(exchange, request, fault, content, releases);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void refuse(HttpExchange exchange, Fault fault) throws IOException {
		if (fault.retryAfter != null) {
			exchange.getResponseHeaders().set("Retry-After", Long.toString(fault.retryAfter.toSeconds()));
		}
		exchange.sendResponseHeaders((fault.status != 0) ? fault.status : 404, -1);
	}

	private void answer(HttpExchange exchange, ModelOrigin.Request request, Fault fault, byte[] content, int releases)
			throws IOException, InterruptedException {
		byte[] digest = Sha256.of(content);
		String validator = '"' + HexFormat.of().formatHex(digest, 0, 16) + '"';
		exchange.getResponseHeaders().set("ETag", validator);
		exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
		if (fault.page != null) {
			exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
		}
		else {
			exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
			// RFC 9530, section 3.
			exchange.getResponseHeaders()
				.set("Repr-Digest", "sha-256=:" + Base64.getEncoder().encodeToString(digest) + ":");
		}
		Span span = fault.withoutRanges ? null : Span.of(request, validator, content.length);
		if (span == null) {
			span = new Span(200, 0, content.length);
		}
		else if (span.status() == 416) {
			exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
			exchange.sendResponseHeaders(416, -1);
			return;
		}
		else {
			exchange.getResponseHeaders()
				.set("Content-Range", "bytes " + span.start() + "-" + (span.end() - 1) + "/" + content.length);
		}
		if (request.method().equals("HEAD")) {
			exchange.getResponseHeaders().set("Content-Length", Integer.toString(span.length()));
			exchange.sendResponseHeaders(span.status(), -1);
			return;
		}
		exchange.sendResponseHeaders(span.status(), (span.length() > 0) ? span.length() : -1);
		send(exchange.getResponseBody(), fault.wrongBytes ? wrong(content) : content, span, fault, releases);
	}

	private void send(OutputStream out, byte[] content, Span span, Fault fault, int releases)
			throws IOException, InterruptedException {
		int sent = 0;
		if (fault.breakAfter >= 0) {
			// The exchange is closed with bytes missing, and so is its connection.
			out.write(content, span.start(), (int) Math.min(fault.breakAfter, span.length()));
			out.flush();
			return;
		}
		if (fault.holdAfter >= 0) {
			sent = (int) Math.min(fault.holdAfter, span.length());
			out.write(content, span.start(), sent);
			out.flush();
			this.origin.awaitRelease(releases);
		}
		if (fault.perSecond != null) {
			int slice = (int) Math.max(1, fault.perSecond.toBytes() / SLICES_PER_SECOND);
			while (sent < span.length()) {
				int length = Math.min(slice, span.length() - sent);
				out.write(content, span.start() + sent, length);
				out.flush();
				sent += length;
				Thread.sleep(1000 / SLICES_PER_SECOND);
			}
		}
		out.write(content, span.start() + sent, span.length() - sent);
		out.flush();
	}

	private static byte[] wrong(byte[] content) {
		byte[] wrong = content.clone();
		if (wrong.length > 0) {
			wrong[wrong.length - 1] ^= 1;
		}
		return wrong;
	}

	/**
	 * A part of the content.
	 *
	 * @param status the status of the answer
	 * @param start the first byte
	 * @param end the byte after the last one
	 */
	private record Span(int status, int start, int end) {

		/** Reads a single range (RFC 9110, section 14.1.2); anything else is ignored. */
		static @Nullable Span of(ModelOrigin.Request request, String validator, int size) {
			Matcher range = RANGE.matcher(String.valueOf(request.header("Range")));
			String condition = request.header("If-Range");
			if (!range.matches() || (condition != null && !condition.equals(validator))) {
				return null;
			}
			long start = Long.parseLong(range.group(1));
			long end = range.group(2).isEmpty() ? size : Math.min(size, Long.parseLong(range.group(2)) + 1);
			return (start < end) ? new Span(206, (int) start, (int) end) : new Span(416, 0, 0);
		}

		int length() {
			return this.end - this.start;
		}

	}

}
