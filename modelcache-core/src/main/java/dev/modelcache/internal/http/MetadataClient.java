/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.internal.http.Redirects.Response;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Asks repositories and registries about models: small answers, read into memory whole.
 * Of a success in gzip, that is what it decodes to; all else is read byte for byte.
 * <p>
 * Redirects within the origin are followed with all headers. Others are the answer, or
 * followed without the credentials where the request says so. Failures that pass are
 * retried; what is left is an answer of any status, which the caller judges.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread. <em>Blocking</em>: none.
 * <em>Errors</em>: {@link ModelTransferException} where there is no answer,
 * {@link ModelAccessDeniedException} where a proxy refuses to connect.
 */
public final class MetadataClient {

	/** Of other answers than a success, the status tells nearly everything. */
	private static final int LARGEST_ERROR = 1 << 16;

	private static final Set<String> GZIP = Set.of("gzip", "x-gzip");

	private final Redirects redirects;

	private final HttpSettings settings;

	private final Attempts attempts;

	private final Scheduler timer;

	private final Scheduler io;

	private final Clock clock;

	/**
	 * Creates a client.
	 * @param connections send the requests; must neither follow redirects nor add headers
	 * @param settings limits
	 * @param attempts how often to ask
	 * @param timer where time-outs run
	 * @param io where answers are read, which are text of others
	 * @param clock tells how far away the date of a {@code Retry-After} is
	 */
	public MetadataClient(HttpConnections connections, HttpSettings settings, Attempts attempts, Scheduler timer,
			Scheduler io, Clock clock) {
		this.redirects = new Redirects(connections, settings, timer, io);
		this.settings = settings;
		this.attempts = attempts;
		this.timer = timer;
		this.io = io;
		this.clock = clock;
	}

	/**
	 * Asks.
	 * @param location the location that it is about: how often to ask, whom errors name,
	 * and what is told of pauses
	 * @param request the question
	 * @return the answer, of any status
	 */
	public Mono<MetadataResponse> exchange(SourceLocation location, WebRequest request) {
		return exchange(location, request, true);
	}

	/**
	 * Asks once, for a question that another one can replace.
	 * @param location the location that it is about
	 * @param request the question
	 * @return the answer, of any status
	 */
	public Mono<MetadataResponse> exchangeOnce(SourceLocation location, WebRequest request) {
		return exchange(location, request, false);
	}

	private Mono<MetadataResponse> exchange(SourceLocation location, WebRequest request, boolean again) {
		String step = "reading the response of " + RedactedUri.of(request.uri());
		Hop begin = Hop.first(request);
		return FailureBoundary.around(step, Mono.defer(() -> {
			List<RequestFailedException> failures = new CopyOnWriteArrayList<>();
			Retry retry = this.attempts.forAnswers(location.request(), (answer) -> meaning(request, answer));
			retry.getEventPublisher().onRetry((event) -> location.pauses().accept(event.getWaitInterval()));
			return FailureBoundary
				.around(step, this.redirects.send(begin, (response) -> read(request, response)).publishOn(this.io))
				.onErrorMap((failure) -> Failures.of(failure, begin))
				.doOnNext((answer) -> location.pauses().accept(Duration.ZERO))
				.doOnError(RequestFailedException.class, failures::add)
				.transformDeferred(again ? RetryOperator.of(retry) : UnaryOperator.identity())
				.onErrorMap(RequestFailedException.class,
						(last) -> Failures.summarize(location.request().id(), failures));
		}));
	}

	/** Returns the failure that an answer means, or {@code null} if it is not one. */
	private @Nullable RequestFailedException meaning(WebRequest request, MetadataResponse answer) {
		return (answer.status() < 400) ? null
				: Failures.of(request.uri(), answer.uri(), answer.status(), answer.headers(), this.clock);
	}

	/**
	 * Returns how long an answer wants us to wait before the next question.
	 * @param response the answer
	 * @return the delay, or {@code null} where it does not say
	 */
	public @Nullable Duration pauseWanted(MetadataResponse response) {
		return Pauses.wanted(response.headers(), this.clock);
	}

	private Mono<MetadataResponse> read(WebRequest request, Response response) {
		boolean whole = response.status() >= 200 && response.status() < 300;
		long largest = this.settings.largestAnswer().toBytes();
		long limit = whole ? largest : Math.min(largest, LARGEST_ERROR);
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		return response.body().<DataBuffer>handle((buffer, next) -> {
			try {
				take(buffer, body, limit);
				if (whole && body.size() > limit) {
					next.error(tooLarge(request, limit));
				}
				else {
					next.next(buffer);
				}
			}
			catch (Throwable ex) {
				next.error(FailureBoundary.asException("reading a body", ex));
			}
		})
			.takeUntil((buffer) -> body.size() > limit)
			.doOnDiscard(DataBuffer.class, DataBufferUtils::release)
			.then(Mono
				.fromSupplier(() -> new MetadataResponse(response.at().uri(), response.status(), response.headers(),
						whole ? decoded(request, response, body.toByteArray(), limit)
								: Arrays.copyOf(body.toByteArray(), (int) Math.min(body.size(), limit)))))
			.timeout(this.settings.responseTimeout(),
					Mono.error(() -> Redirects.noAnswer(response.at(), this.settings.responseTimeout())), this.timer);
	}

	/** Some servers and proxies encode whatever they are asked for. */
	private static byte[] decoded(WebRequest request, Response response, byte[] body, long limit) {
		boolean gzip = body.length > 1 && body[0] == 0x1f && body[1] == (byte) 0x8b;
		String coding = String.valueOf(response.headers().getFirst(HttpHeaders.CONTENT_ENCODING));
		if (!gzip || !GZIP.contains(coding.strip().toLowerCase(Locale.ROOT))) {
			return body;
		}
		try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
			byte[] decoded = in.readNBytes((int) limit + 1);
			if (decoded.length > limit) {
				throw tooLarge(request, limit);
			}
			return decoded;
		}
		catch (IOException ex) {
			throw new RequestFailedException(Reason.ILLEGAL_RESPONSE, request.uri(), "sent broken gzip data", ex);
		}
	}

	private static RequestFailedException tooLarge(WebRequest request, long limit) {
		return new RequestFailedException(Reason.TOO_LARGE, request.uri(), "sent more than " + limit + " bytes", null);
	}

	/** Takes a buffer's bytes up to one beyond the limit, and releases it. */
	private static void take(DataBuffer buffer, ByteArrayOutputStream body, long limit) {
		try {
			byte[] piece = new byte[(int) Math.min(buffer.readableByteCount(), limit + 1 - body.size())];
			buffer.read(piece);
			body.writeBytes(piece);
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

}
