/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.internal.http.RangeRequest.Coding;
import dev.modelcache.internal.http.Redirects.Response;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;

/**
 * Validates the head of a response: what does not fit the request, or itself, is a failed
 * request.
 */
final class ResponseGuard {

	/** How many bytes before the requested ones are passed over. */
	private static final long LARGEST_LEAD = 16 << 20;

	private static final MediaType SEVERAL_PARTS = new MediaType("multipart", "byteranges");

	private static final String ZSTD = "zstd";

	/** How many bytes tell what a body is. */
	private static final int FIRST = 9;

	/** The codings of content, and the endings of files that are encoded like that. */
	private static final Map<String, List<String>> SUFFIXES = Map.ofEntries(Map.entry("gzip", List.of(".gz", ".tgz")),
			Map.entry("x-gzip", List.of(".gz", ".tgz")), Map.entry(ZSTD, List.of(".zst", ".tzst")),
			Map.entry("br", List.of(".br")), Map.entry("compress", List.of(".z")),
			Map.entry("x-compress", List.of(".z")), Map.entry("xz", List.of(".xz", ".txz")),
			Map.entry("x-xz", List.of(".xz", ".txz")), Map.entry("bzip2", List.of(".bz2")),
			Map.entry("x-bzip2", List.of(".bz2")), Map.entry("deflate", List.of()), Map.entry("dcb", List.of()),
			Map.entry("dcz", List.of()), Map.entry("exi", List.of()));

	private static final Set<String> GZIP = Set.of("gzip", "x-gzip");

	private final Clock clock;

	ResponseGuard(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Checks a response that is not a redirect.
	 * @param request the request it answers
	 * @param response the response
	 * @return the response, for the transfer
	 * @throws RequestFailedException if it must not be used
	 */
	RangeResponse check(RangeRequest request, Response response) {
		HttpHeaders headers = response.headers();
		return switch (response.status()) {
			case 206 -> (request.ranged() || saysWhichPart(headers) || isOfSeveralParts(headers))
					? partOfFile(request, response.at(), headers) : wholeFile(request, response.at(), headers);
			case 416 -> nothingLeft(request, headers);
			default -> {
				if (!isOfFile(response.status())) {
					throw refused(request.mirror(), response);
				}
				yield isPart(headers) ? partOfFile(request, response.at(), headers)
						: wholeFile(request, response.at(), headers);
			}
		};
	}

	/** Returns the failure that the status of a response means. */
	RequestFailedException refused(Mirror mirror, Response response) {
		return Failures.of(mirror.uri(), response.at().uri(), response.status(), response.headers(), this.clock);
	}

	/**
	 * Returns whether the body of a response may be the file, or a part of it. RFC 9110,
	 * section 15: what a client does not know counts as 200, and so do 201 and 203, which
	 * mean the same.
	 */
	static boolean isOfFile(int status) {
		return status >= 200 && status < 300 && status != 202 && status != 204 && status != 205;
	}

	/** A part that is all of the file is the file. */
	private static boolean saysWhichPart(HttpHeaders headers) {
		ContentRange range = ContentRange.parse(headers.getFirst(HttpHeaders.CONTENT_RANGE));
		return range != null && !(Long.valueOf(0).equals(range.start()) && range.last() != null && range.total() != null
				&& range.last() + 1 == range.total());
	}

	/**
	 * Some scripts send a part, as the header and the length say, with a wrong status.
	 */
	private static boolean isPart(HttpHeaders headers) {
		ContentRange range = ContentRange.parse(headers.getFirst(HttpHeaders.CONTENT_RANGE));
		if (range == null || range.start() == null || range.last() == null
				|| headers.getContentLength() != range.last() - range.start() + 1) {
			return false;
		}
		return range.start() > 0 || (range.total() != null && range.last() + 1 < range.total());
	}

	private RangeResponse wholeFile(RangeRequest request, Hop at, HttpHeaders headers) {
		String coding = decoded(request, headers);
		if (coding == null && request.coding() != Coding.TAKEN) {
			refuseCodings(request.mirror(), at, headers);
		}
		long length = headers.getContentLength();
		boolean proven = length >= 0 || isChunked(headers);
		if (coding != null) {
			// Asked now: when the first bytes come, it would be on an event loop.
			boolean known = ZSTD.equals(coding) ? ZstdBody.isAvailable() : GZIP.contains(coding);
			// Length and digests are those of the encoded form, but the name is the
			// file's.
			return new RangeResponse(0, null, null, true, strongValidator(headers), proven, Set.of(), version(headers),
					fileName(headers), known ? null : coding);
		}
		Long total = (length >= 0) ? length : null;
		return new RangeResponse(0, total, total, true, strongValidator(headers), proven, StatedDigests.of(headers, at),
				version(headers), fileName(headers), null);
	}

	/**
	 * Returns the coding of a body that is decoded, if it is really in it, before its
	 * bytes are taken; of several ones, none can be.
	 */
	private static @Nullable String decoded(RangeRequest request, HttpHeaders headers) {
		String codings = codings(headers, HttpHeaders.CONTENT_ENCODING).filter(SUFFIXES::containsKey)
			.collect(Collectors.joining(", "));
		return (request.coding() == Coding.DECODED && !codings.isEmpty()) ? codings : null;
	}

	/**
	 * Returns the bytes of the file, without their content coding.
	 * @param request the request
	 * @param response the response
	 * @return the body, decoded if that is asked for
	 */
	static Flux<DataBuffer> content(RangeRequest request, Response response) {
		Mirror mirror = request.mirror();
		// RFC 9112, section 7.2: what is sent is in it, not the file.
		boolean inGzip = codings(response.headers(), HttpHeaders.TRANSFER_ENCODING).anyMatch(GZIP::contains);
		Flux<DataBuffer> body = inGzip ? EncodedBody.decode(response.body(), () -> new GzipBody(mirror))
				: response.body();
		String coding = decoded(request, response.headers());
		if (coding == null) {
			return body;
		}
		if (GZIP.contains(coding)) {
			return EncodedBody.decode(body, () -> new GzipBody(mirror));
		}
		if (coding.equals(ZSTD)) {
			return EncodedBody.decode(body, () -> new ZstdBody(mirror, ZstdBody::isAvailable));
		}
		StringBuilder first = new StringBuilder();
		return body.map((buffer) -> {
			if (first.length() < FIRST && !mayBeOfModel(first, buffer)) {
				DataBufferUtils.release(buffer);
				throw encoded(mirror, coding);
			}
			return buffer;
		});
	}

	/**
	 * Returns whether the first bytes agree with a body that is not encoded, whatever its
	 * label says: GGUF, safetensors (a length and the brace of its header) or ZIP. They
	 * may come one by one.
	 */
	private static boolean mayBeOfModel(StringBuilder first, DataBuffer buffer) {
		for (int i = 0; first.length() < FIRST && i < buffer.readableByteCount(); i++) {
			first.append((char) (buffer.getByte(buffer.readPosition() + i) & 0xff));
		}
		String begin = first.substring(0, Math.min(4, first.length()));
		return "GGUF".startsWith(begin) || "PK\003\004".startsWith(begin)
				|| "\0\0\0\0{".startsWith(first.substring(begin.length()));
	}

	private RangeResponse partOfFile(RangeRequest request, Hop at, HttpHeaders headers) {
		Mirror mirror = request.mirror();
		if (isOfSeveralParts(headers)) {
			throw badRange(mirror, "sent several parts instead of one");
		}
		refuseCodings(mirror, at, headers);
		ContentRange range = ContentRange.parse(headers.getFirst(HttpHeaders.CONTENT_RANGE));
		if (range == null || range.start() == null || range.last() == null) {
			// RFC 9110, section 15.3.7: a single part must say which one it is.
			throw badRange(mirror, "sent a part of the file without stating its range");
		}
		long asked = request.range().start();
		long length = headers.getContentLength();
		if (length >= 0 && length != range.last() - range.start() + 1) {
			throw badRange(mirror, "announced a length that contradicts its Content-Range");
		}
		// Caches send whole blocks of their own. A length tells that it is really so.
		boolean usable = range.start() == asked
				|| (range.start() < asked && asked - range.start() <= LARGEST_LEAD && length >= 0);
		if (!usable || range.last() < asked) {
			throw badRange(mirror, "sent bytes from " + range.start() + " instead of bytes from " + asked);
		}
		return new RangeResponse(range.start(), range.total(), range.last() + 1, false, strongValidator(headers), true,
				StatedDigests.of(headers, at), version(headers), fileName(headers), null);
	}

	/**
	 * RFC 9110, section 15.5.17: nothing from the requested byte on. That is the end of a
	 * file of just that size, and an empty file if the request was for all of it. Such an
	 * answer need not repeat the validator: a server that compares it and finds another
	 * one sends the whole file instead (section 13.1.5). Where the file is longer, or its
	 * size is not given, this server or this answer is wrong: others have that byte.
	 */
	private RangeResponse nothingLeft(RangeRequest request, HttpHeaders headers) {
		ContentRange range = ContentRange.parse(headers.getFirst(HttpHeaders.CONTENT_RANGE));
		Long total = (range != null) ? range.total() : null;
		if (total != null && total == request.range().start()) {
			String validator = headers.containsHeader(HttpHeaders.ETAG) ? strongValidator(headers) : request.ifRange();
			return new RangeResponse(total, total, total, false, validator, true);
		}
		if (total == null || total > request.range().start()) {
			throw new RequestFailedException(Reason.NO_SUCH_RANGE, request.mirror(),
					"states that the file has no byte " + request.range().start(), null);
		}
		throw new RequestFailedException(Reason.CHANGED, request.mirror(),
				"no longer has byte " + request.range().start() + " of the file", null);
	}

	/**
	 * Refuses bytes that are not those of the file. Words that name no coding, such as
	 * {@code aws-chunked}, {@code binary} or a media type, are what servers store with a
	 * file. A file that is compressed itself may have its own coding (Apache's
	 * AddEncoding adds it to the type).
	 */
	private static void refuseCodings(Mirror mirror, Hop at, HttpHeaders headers) {
		codings(headers, HttpHeaders.CONTENT_ENCODING).filter(SUFFIXES::containsKey)
			.filter((coding) -> !isOfFile(coding, mirror.uri()) && !isOfFile(coding, at.uri()))
			.findFirst()
			.ifPresent((coding) -> {
				throw encoded(mirror, coding);
			});
		codings(headers, HttpHeaders.TRANSFER_ENCODING)
			.filter((coding) -> !coding.equals("chunked") && !GZIP.contains(coding))
			.findFirst()
			.ifPresent((coding) -> {
				throw illegal(mirror, "sent the transfer coding " + coding + ", which was not requested");
			});
	}

	private static RequestFailedException encoded(Mirror mirror, String coding) {
		return new RequestFailedException(Reason.ENCODED, mirror,
				"sent the content encoding " + coding + ", which was not requested", null);
	}

	private static boolean isOfFile(String coding, URI url) {
		String path = String.valueOf(url.getPath()).toLowerCase(Locale.ROOT);
		return SUFFIXES.getOrDefault(coding, List.of()).stream().anyMatch(path::endsWith);
	}

	private static boolean isOfSeveralParts(HttpHeaders headers) {
		MediaType type = mediaType(headers);
		return type != null && type.equalsTypeAndSubtype(SEVERAL_PARTS);
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

	/** RFC 6266: the name that a browser would give the file. */
	private static @Nullable String fileName(HttpHeaders headers) {
		String header = headers.getFirst(HttpHeaders.CONTENT_DISPOSITION);
		try {
			return (header != null) ? ContentDisposition.parse(header).getFilename() : null;
		}
		catch (IllegalArgumentException | IndexOutOfBoundsException ex) {
			// The latter for a value that is one quotation mark.
			return null;
		}
	}

	/** RFC 9110, section 8.8.3: a weak one does not promise the same bytes. */
	private static @Nullable String strongValidator(HttpHeaders headers) {
		String tag = headers.getFirst(HttpHeaders.ETAG);
		return (tag != null && tag.length() > 2 && tag.startsWith("\"") && tag.endsWith("\"")) ? tag : null;
	}

	/**
	 * What differs between versions of the file, though it does not prove that the bytes
	 * are the same.
	 */
	private static @Nullable String version(HttpHeaders headers) {
		String tag = headers.getFirst(HttpHeaders.ETAG);
		String modified = headers.getFirst(HttpHeaders.LAST_MODIFIED);
		return (tag != null || modified != null) ? tag + " " + modified : null;
	}

	private static RequestFailedException badRange(Mirror mirror, String problem) {
		return new RequestFailedException(Reason.BAD_RANGE, mirror, problem, null);
	}

	private static RequestFailedException illegal(Mirror mirror, String problem) {
		return new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror, problem, null);
	}

}
