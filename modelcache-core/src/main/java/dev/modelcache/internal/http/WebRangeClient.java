/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.Breakers.Permission;
import dev.modelcache.internal.http.RangeRequest.Coding;
import dev.modelcache.internal.http.Redirects.Response;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Credentials;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;

/**
 * Fetches ranges of files over https and http.
 */
public final class WebRangeClient implements RangeClient {

	private static final Pattern TYPE = Pattern.compile("[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}",
			Pattern.CASE_INSENSITIVE);

	private final Redirects redirects;

	private final Breakers breakers;

	private final Scheduler io;

	private final ResponseGuard guard;

	private final RememberedTargets targets = new RememberedTargets();

	/**
	 * Creates a client.
	 * @param connections send the requests; must neither follow redirects nor add headers
	 * @param breakers stop requests to mirrors that fail
	 * @param settings limits
	 * @param timer where time-outs run
	 * @param io where credentials and breakers are asked, and the heads of responses are
	 * read, which are text of others
	 * @param clock tells how far away the date of a {@code Retry-After} is
	 */
	public WebRangeClient(HttpConnections connections, Breakers breakers, HttpSettings settings, Scheduler timer,
			Scheduler io, Clock clock) {
		this.redirects = new Redirects(connections, settings, timer, io);
		this.breakers = breakers;
		this.io = io;
		this.guard = new ResponseGuard(clock);
	}

	@Override
	public Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
			Function<RangeResponse, Mono<Void>> answered) {
		// Credentials, and those who listen to a circuit breaker, may block.
		return FailureBoundary.around("requesting " + request.mirror(), Mono.defer(() -> {
			Permission permission = this.breakers.acquire(request.mirror());
			return authorized(request, (response) -> receive(request, response, body, (head) -> {
				permission.succeeded();
				return answered.apply(head);
			})).onErrorMap((failure) -> Failures.of(failure, request.mirror().uri()))
				.onErrorResume(RequestFailedException.class, (failure) -> failed(permission, failure))
				.doFinally((signal) -> permission.ended());
		})).subscribeOn(this.io);
	}

	private Mono<Void> failed(Permission permission, RequestFailedException failure) {
		return FailureBoundary.on(this.io, "judging the host of " + RedactedUri.of(failure.uri()), () -> {
			permission.failed(failure);
			return null;
		}).then(Mono.error(failure));
	}

	/**
	 * A refusal that the mirror's credentials settle is not a failure. They are asked
	 * once for each request, so that an origin which refuses everything is believed.
	 */
	private Mono<Void> authorized(RangeRequest request, Function<Response, Mono<Void>> answer) {
		Credentials credentials = request.mirror().credentials();
		AtomicReference<@Nullable List<String>> challenges = new AtomicReference<>();
		return FailureBoundary
			.around("getting the credentials for " + request.mirror(), Mono.defer(credentials::headers))
			.defaultIfEmpty(Map.of())
			.flatMap((told) -> send(request, told, challenges, answer).onErrorResume((failure) -> {
				List<String> asked = challenges.getAndSet(null);
				return (asked == null) ? Mono.error(failure)
						: FailureBoundary
							.around("getting other credentials for " + request.mirror(),
									Mono.defer(() -> credentials.refused(told, asked)))
							.defaultIfEmpty(false)
							.flatMap((changed) -> changed ? credentials.headers() : Mono.error(failure))
							.flatMap((other) -> send(request, other, challenges, answer));
			}));
	}

	/**
	 * Sends a request.
	 * @param request the request
	 * @param told what the mirror's credentials add to its headers
	 * @param challenges gets the {@code WWW-Authenticate} headers where the mirror's own
	 * origin answers 401
	 * @param answer takes any other response
	 */
	private Mono<Void> send(RangeRequest request, Map<String, String> told,
			AtomicReference<@Nullable List<String>> challenges, Function<Response, Mono<Void>> answer) {
		Mirror mirror = request.mirror();
		WebRequest sent = sent(request, told);
		Function<Response, Mono<Void>> settled = (response) -> {
			if (response.status() == 401 && response.at().trusted()) {
				challenges.set(List.copyOf(response.headers().getOrEmpty(HttpHeaders.WWW_AUTHENTICATE)));
				return RangeClient.during(Mono.error(this.guard.refused(mirror, response)), response.body(),
						new UnreadBody());
			}
			return answer.apply(response);
		};
		int renewals = this.targets.renewals(mirror);
		Hop begin = this.targets.begin(request, sent);
		return this.redirects.send(begin, settled)
			.onErrorResume(
					(failure) -> challenges.get() == null && this.targets.hasExpired(mirror, begin, renewals, failure),
					(failure) -> this.redirects.send(Hop.first(sent), settled))
			.doOnError((failure) -> this.targets.failed(mirror));
	}

	private static WebRequest sent(RangeRequest request, Map<String, String> told) {
		WebRequest plain = WebRequest.get(request.mirror().uri())
			.headers(request.mirror().headers())
			.headers(told)
			.header(HttpHeaders.ACCEPT, "*/*")
			.followingAnywhere();
		WebRequest sent = (request.coding() == Coding.REFUSED) ? plain : plain.inAnyCoding();
		if (!request.ranged()) {
			return sent;
		}
		WebRequest ranged = sent.header(HttpHeaders.RANGE, request.range().toHeader());
		return (request.ifRange() != null) ? ranged.header(HttpHeaders.IF_RANGE, request.ifRange()) : ranged;
	}

	/** The body of a 416 is not of the file, which ends where it was asked from. */
	private Mono<Void> receive(RangeRequest request, Response response, CoreSubscriber<? super DataBuffer> body,
			Function<RangeResponse, Mono<Void>> answered) {
		boolean ofFile = ResponseGuard.isOfFile(response.status());
		Flux<DataBuffer> bytes = ResponseGuard.content(request, response)
			.doOnNext((buffer) -> this.targets.brought(request.mirror(), response.at()));
		return RangeClient
			.during(FailureBoundary.around("reading the response of " + request.mirror(), Mono.defer(() -> {
				RangeResponse head = this.guard.check(request, response);
				if (!ofFile) {
					Flux.<DataBuffer>empty().subscribe(body);
				}
				return answered.apply(head);
			})).subscribeOn(this.io), bytes, ofFile ? body : new UnreadBody())
			.onErrorMap(RequestFailedException.class, (failure) -> withType(failure, response.headers()));
	}

	/** Of what is not a model, the type tells who sent it. */
	private static RequestFailedException withType(RequestFailedException failure, HttpHeaders headers) {
		String type = headers.getFirst(HttpHeaders.CONTENT_TYPE);
		Matcher matcher = TYPE.matcher((type != null) ? type : "");
		return (failure.reason() == Reason.NOT_A_MODEL && matcher.lookingAt())
				? failure.withDetail("(Content-Type: " + matcher.group() + ")") : failure;
	}

}
