package dev.modelcache.transfer.http;

import java.time.Clock;
import java.util.Locale;

import dev.modelcache.source.Mirror;
import dev.modelcache.transfer.ByteRange;
import dev.modelcache.transfer.RangeRequest;
import dev.modelcache.transfer.RangeResponse;
import dev.modelcache.transfer.RequestFailedException;
import dev.modelcache.transfer.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.publisher.Flux;

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
	 * @param body its body
	 * @return the response, for the transfer
	 * @throws RequestFailedException if it must not be used
	 */
	RangeResponse check(RangeRequest request, ClientResponse response, Flux<DataBuffer> body) {
		HttpHeaders headers = response.headers().asHttpHeaders();
		Mirror mirror = request.mirror();
		int status = response.statusCode().value();
		return switch (status) {
			case 200 -> wholeFile(mirror, headers, body);
			case 206 -> partOfFile(request, headers, body);
			case 416 -> nothingLeft(request, headers);
			default -> throw failure(mirror, status, headers);
		};
	}

	private RangeResponse wholeFile(Mirror mirror, HttpHeaders headers, Flux<DataBuffer> body) {
		refuseOtherThanModels(mirror, headers);
		long length = headers.getContentLength();
		boolean proven = length >= 0 || isChunked(headers);
		Long total = (length >= 0) ? length : null;
		return new RangeResponse(0, total, total, true, strongValidator(headers), proven, body);
	}

	private RangeResponse partOfFile(RangeRequest request, HttpHeaders headers, Flux<DataBuffer> body) {
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
		return new RangeResponse(range.start(), total, range.last() + 1, false, strongValidator(headers), true, body);
	}

	/**
	 * A part without a total that ends before it was asked to ends where the file does.
	 */
	private static @Nullable Long endOf(ByteRange requested, ContentRange range) {
		return (range.last() != null && range.last() + 1 < requested.end()) ? Long.valueOf(range.last() + 1) : null;
	}

	/**
	 * RFC 9110, section 15.5.17: nothing from the requested byte on. That is the end of a
	 * file of just that size, and an empty file if the request was for all of it.
	 */
	private RangeResponse nothingLeft(RangeRequest request, HttpHeaders headers) {
		ContentRange range = ContentRange.parse(headers.getFirst(HttpHeaders.CONTENT_RANGE));
		Long total = (range != null) ? range.total() : null;
		if (total != null && total == request.range().start()) {
			return new RangeResponse(total, total, total, false, strongValidator(headers), true, Flux.empty());
		}
		throw new RequestFailedException(Reason.CHANGED, request.mirror(),
				"has no byte " + request.range().start() + " of a file that had it before", null);
	}

	private static void refuseOtherThanModels(Mirror mirror, HttpHeaders headers) {
		String encoding = headers.getFirst(HttpHeaders.CONTENT_ENCODING);
		if (encoding != null && !encoding.isBlank() && !"identity".equalsIgnoreCase(encoding.strip())) {
			throw illegal(mirror, "sent the content encoding " + encoding + ", asked for none");
		}
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
		String coding = headers.getFirst(HttpHeaders.TRANSFER_ENCODING);
		return coding != null && coding.toLowerCase(Locale.ROOT).contains("chunked");
	}

	/** RFC 9110, section 8.8.3: a weak one does not promise the same bytes. */
	private static @Nullable String strongValidator(HttpHeaders headers) {
		String tag = headers.getFirst(HttpHeaders.ETAG);
		return (tag != null && tag.length() > 2 && tag.startsWith("\"") && tag.endsWith("\"")) ? tag : null;
	}

	private RequestFailedException failure(Mirror mirror, int status, HttpHeaders headers) {
		Reason reason = switch (status) {
			case 404, 410 -> Reason.NOT_FOUND;
			case 401, 403, 407 -> Reason.ACCESS_DENIED;
			case 429 -> Reason.TOO_MANY_REQUESTS;
			case 408, 425 -> Reason.SERVER_ERROR;
			default ->
				(status >= 500) ? Reason.SERVER_ERROR : (status >= 400) ? Reason.REFUSED : Reason.ILLEGAL_RESPONSE;
		};
		return new RequestFailedException(reason, mirror, status,
				RetryAfter.parse(headers.getFirst(HttpHeaders.RETRY_AFTER), this.clock));
	}

	private static RequestFailedException illegal(Mirror mirror, String problem) {
		return new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror, problem, null);
	}

}
