/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Clock;
import java.util.Locale;
import java.util.stream.Stream;

import dev.modelcache.internal.http.Redirects.Response;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;

/**
 * Reads the head of a response and believes none of it: what does not fit the request, or
 * itself, is a failed request.
 */
final class ResponseGuard {

	private final Clock clock;

	ResponseGuard(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Checks a response that is no redirect.
	 * @param request the request it answers
	 * @param response the response
	 * @return the response, for the transfer
	 * @throws RequestFailedException if it must not be used
	 */
	RangeResponse check(RangeRequest request, Response response) {
		HttpHeaders headers = response.headers();
		return switch (response.status()) {
			case 200 -> wholeFile(request.mirror(), response.at(), headers);
			case 206 -> partOfFile(request, response.at(), headers);
			case 416 -> nothingLeft(request, headers);
			default ->
				throw Failures.of(request.mirror().uri(), response.at().uri(), response.status(), headers, this.clock);
		};
	}

	private RangeResponse wholeFile(Mirror mirror, Hop at, HttpHeaders headers) {
		refuseOtherThanModels(mirror, headers);
		long length = headers.getContentLength();
		boolean proven = length >= 0 || isChunked(headers);
		Long total = (length >= 0) ? length : null;
		return new RangeResponse(0, total, total, true, strongValidator(headers), proven,
				StatedDigests.of(headers, at));
	}

	private RangeResponse partOfFile(RangeRequest request, Hop at, HttpHeaders headers) {
		Mirror mirror = request.mirror();
		refuseOtherThanModels(mirror, headers);
		ContentRange range = ContentRange.parse(headers.getFirst(HttpHeaders.CONTENT_RANGE));
		if (range == null || range.start() == null || range.last() == null) {
			// RFC 9110, section 15.3.7: a single part must say which one it is.
			throw illegal(mirror, "sent a part of the file without saying which");
		}
		if (range.start() != request.range().start()) {
			throw illegal(mirror,
					"sent bytes from " + range.start() + ", asked for bytes from " + request.range().start());
		}
		if (request.range().isOpen() && range.total() != null && range.last() != range.total() - 1) {
			throw illegal(mirror, "sent bytes up to " + range.last() + " of " + range.total() + ", asked for all");
		}
		if (range.last() >= request.range().end()) {
			throw illegal(mirror,
					"sent bytes up to " + range.last() + ", asked for bytes before " + request.range().end());
		}
		long length = headers.getContentLength();
		if (length >= 0 && length != range.last() - range.start() + 1) {
			throw illegal(mirror, "announced a length that contradicts its Content-Range");
		}
		Long total = (range.total() != null) ? range.total() : endOf(request.range(), range);
		return new RangeResponse(range.start(), total, range.last() + 1, false, strongValidator(headers), true,
				StatedDigests.of(headers, at));
	}

	/**
	 * A part without a total that ends before it was asked to ends where the file does.
	 */
	private static @Nullable Long endOf(ByteRange requested, ContentRange range) {
		return (range.last() != null && range.last() + 1 < requested.end()) ? Long.valueOf(range.last() + 1) : null;
	}

	/**
	 * RFC 9110, section 15.5.17: nothing from the requested byte on. That is the end of a
	 * file of just that size, and an empty file if the request was for all of it. Such an
	 * answer need not repeat the validator: a server that compares it and finds another
	 * one sends the whole file instead (section 13.1.5).
	 */
	private RangeResponse nothingLeft(RangeRequest request, HttpHeaders headers) {
		ContentRange range = ContentRange.parse(headers.getFirst(HttpHeaders.CONTENT_RANGE));
		Long total = (range != null) ? range.total() : null;
		if (total != null && total == request.range().start()) {
			String validator = headers.containsHeader(HttpHeaders.ETAG) ? strongValidator(headers) : request.ifRange();
			return new RangeResponse(total, total, total, false, validator, true);
		}
		throw new RequestFailedException(Reason.CHANGED, request.mirror(),
				"has no byte " + request.range().start() + " of a file that had it before", null);
	}

	private static void refuseOtherThanModels(Mirror mirror, HttpHeaders headers) {
		codings(headers, HttpHeaders.CONTENT_ENCODING).filter((coding) -> !coding.equals("identity"))
			.findFirst()
			.ifPresent((coding) -> {
				throw illegal(mirror, "sent the content encoding " + coding + ", asked for none");
			});
		codings(headers, HttpHeaders.TRANSFER_ENCODING).filter((coding) -> !coding.equals("chunked"))
			.findFirst()
			.ifPresent((coding) -> {
				throw illegal(mirror, "sent the transfer coding " + coding + ", asked for none");
			});
		MediaType type = mediaType(headers);
		if (type != null && (type.isCompatibleWith(MediaType.TEXT_HTML)
				|| type.isCompatibleWith(MediaType.APPLICATION_XHTML_XML))) {
			throw new RequestFailedException(Reason.NOT_A_MODEL, mirror, "sent an HTML page instead of a model", null);
		}
		if (type != null && type.getType().equals("multipart")) {
			throw illegal(mirror, "sent several parts, asked for one");
		}
	}

	private static @Nullable MediaType mediaType(HttpHeaders headers) {
		try {
			MediaType type = headers.getContentType();
			return (type != null && type.isConcrete()) ? type : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private static boolean isChunked(HttpHeaders headers) {
		return codings(headers, HttpHeaders.TRANSFER_ENCODING).anyMatch("chunked"::equals);
	}

	/**
	 * The codings of all lines of a header, lower case (RFC 9110, sections 5.3 and 8.4).
	 */
	private static Stream<String> codings(HttpHeaders headers, String name) {
		return headers.getOrEmpty(name)
			.stream()
			.flatMap((line) -> Stream.of(line.split(",")))
			.map((coding) -> coding.strip().toLowerCase(Locale.ROOT))
			.filter((coding) -> !coding.isEmpty());
	}

	/** RFC 9110, section 8.8.3: a weak one does not promise the same bytes. */
	private static @Nullable String strongValidator(HttpHeaders headers) {
		String tag = headers.getFirst(HttpHeaders.ETAG);
		return (tag != null && tag.length() > 2 && tag.startsWith("\"") && tag.endsWith("\"")) ? tag : null;
	}

	private static RequestFailedException illegal(Mirror mirror, String problem) {
		return new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror, problem, null);
	}

}
