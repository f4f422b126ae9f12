package dev.modelcache.internal.http;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.http.Breakers.Permission;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Credentials;
import dev.modelcache.source.Mirror;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Fetches ranges with a {@link WebClient} that neither follows redirects nor asks for
 * compressed bodies.
 */
public final class WebRangeClient implements RangeClient {

	private final HttpConnections connections;

	private final Breakers breakers;

	private final HttpSettings settings;

	private final Scheduler timer;

	private final Scheduler io;

	private final ResponseGuard guard;

	private final RememberedTargets targets = new RememberedTargets();

	/**
	 * Creates a client that connects to every address.
	 * @param webClient sends the requests; must not follow redirects
	 * @param breakers stop requests to mirrors that fail
	 * @param settings limits and time-outs
	 * @param timer where time-outs run
	 * @param io where the heads of responses are read, which are text of others
	 * @param clock tells how far away the date of a {@code Retry-After} is
	 */
	public WebRangeClient(WebClient webClient, Breakers breakers, HttpSettings settings, Scheduler timer, Scheduler io,
			Clock clock) {
		this(HttpConnections.anywhere(webClient), breakers, settings, timer, io, clock);
	}

	/**
	 * Creates a client.
	 * @param connections send the requests; must not follow redirects
	 * @param breakers stop requests to mirrors that fail
	 * @param settings limits and time-outs
	 * @param timer where time-outs run
	 * @param io where redirects are read, which are text of others
	 * @param clock tells how far away the date of a {@code Retry-After} is
	 */
	public WebRangeClient(HttpConnections connections, Breakers breakers, HttpSettings settings, Scheduler timer,
			Scheduler io, Clock clock) {
		this.connections = connections;
		this.breakers = breakers;
		this.settings = settings;
		this.timer = timer;
		this.io = io;
		this.guard = new ResponseGuard(clock);
	}

	@Override
	public Set<String> schemes() {
		return Set.of("https", "http");
	}

	@Override
	public Mono<Void> exchange(RangeRequest request, Function<RangeResponse, Mono<Void>> consumer) {
		return Mono.defer(() -> {
			Permission permission = this.breakers.acquire(request.mirror());
			return authorized(request, (response) -> {
				permission.succeeded();
				return consumer.apply(response);
			}).onErrorMap((failure) -> HttpFailures.classify(failure, request.mirror()))
				.doOnError(RequestFailedException.class, permission::failed)
				.doFinally((signal) -> permission.released());
		});
	}

	/**
	 * A refusal that the mirror's credentials settle is no failure. They are asked once
	 * for each request, so that an origin which refuses everything is believed.
	 */
	private Mono<Void> authorized(RangeRequest request, Function<RangeResponse, Mono<Void>> consumer) {
		Credentials credentials = request.mirror().credentials();
		return FailureBoundary
			.around("asking for the credentials of " + request.mirror(), Mono.defer(credentials::headers))
			.defaultIfEmpty(Map.of())
			.flatMap(
					(told) -> send(request, told,
							consumer)
						.onErrorResume(RefusedException.class, (refusal) -> FailureBoundary
							.around("asking for other credentials of " + request.mirror(),
									Mono.defer(() -> credentials.refused(told, refusal.challenges())))
							.defaultIfEmpty(false)
							.flatMap((changed) -> changed ? credentials.headers() : Mono.error(refusal.failure()))
							.flatMap((other) -> send(request, other, consumer))
							.onErrorMap(RefusedException.class, RefusedException::failure)));
	}

	private Mono<Void> send(RangeRequest request, Map<String, String> told,
			Function<RangeResponse, Mono<Void>> consumer) {
		int renewals = this.targets.renewals(request.mirror());
		Redirects begin = this.targets.begin(request);
		return hop(request, begin, told, consumer)
			.onErrorResume((failure) -> this.targets.hasExpired(begin, renewals, failure),
					(failure) -> hop(request, Redirects.start(request.mirror()), told, consumer))
			.doOnError((failure) -> this.targets.failed(request.mirror()))
			.onErrorMap((failure) -> !(failure instanceof RefusedException),
					(failure) -> HttpFailures.classify(failure, request.mirror()));
	}

	/** A server may repeat what it was sent, in a status line or a redirect. */
	private static Throwable withoutSecrets(Throwable failure, RangeRequest request, Redirects at,
			Map<String, String> told) {
		Map<String, String> headers = new HashMap<>(request.mirror().headers());
		headers.putAll(told);
		SentSecrets sent = new SentSecrets(request.mirror().uri(), headers);
		if (at.hops() > 0) {
			sent.andLink(at.uri());
		}
		return (failure instanceof RequestFailedException failed && sent.areIn(failed)) ? failed.withoutDetails()
				: failure;
	}

	/** {@code told} is what the mirror's credentials add to its headers. */
	private Mono<Void> hop(RangeRequest request, Redirects at, Map<String, String> told,
			Function<RangeResponse, Mono<Void>> consumer) {
		AtomicBoolean answered = new AtomicBoolean();
		Mono<Redirects> next = this.connections.client(at.publicOnly())
			.get()
			.uri(at.uri())
			.headers((headers) -> prepare(headers, request, at, told))
			.exchangeToMono((response) -> {
				if (isRedirect(response)) {
					return follow(at, response);
				}
				answered.set(true);
				if (response.statusCode().value() == 401 && at.trusted()) {
					new HeldBody(response.bodyToFlux(DataBuffer.class)).close();
					return Mono.error(new RefusedException(request, response));
				}
				return receive(request, at, response, consumer);
			});
		Mono<Long> deadline = Mono.delay(this.settings.responseTimeout(), this.timer)
			.flatMap((tick) -> answered.get() ? Mono.never() : Mono.just(tick));
		return next.timeout(deadline, Mono.error(() -> noAnswer(request.mirror())))
			.as((answer) -> FailureBoundary.around("asking " + request.mirror(), answer))
			.flatMap((redirect) -> hop(request, redirect, told, consumer))
			.onErrorMap((failure) -> !(failure instanceof RefusedException),
					(failure) -> withoutSecrets(HttpFailures.classify(failure, request.mirror()), request, at, told));
	}

	private static void prepare(HttpHeaders headers, RangeRequest request, Redirects at, Map<String, String> told) {
		if (at.trusted()) {
			request.mirror().headers().forEach(headers::set);
			told.forEach(headers::set);
		}
		headers.set(HttpHeaders.ACCEPT, "*/*");
		headers.set(HttpHeaders.ACCEPT_ENCODING, "identity");
		headers.set(HttpHeaders.RANGE, request.range().toHeader());
		if (request.ifRange() != null) {
			headers.set(HttpHeaders.IF_RANGE, request.ifRange());
		}
	}

	private Mono<Redirects> receive(RangeRequest request, Redirects at, ClientResponse response,
			Function<RangeResponse, Mono<Void>> consumer) {
		HeldBody body = new HeldBody(response.bodyToFlux(DataBuffer.class));
		Flux<DataBuffer> watched = body.doOnNext((buffer) -> this.targets.brought(at));
		return FailureBoundary.around("reading what " + request.mirror() + " answered",
				Mono.defer(() -> consumer.apply(this.guard.check(request, at, response, watched))).subscribeOn(this.io))
			.doFinally((signal) -> body.close())
			.then(Mono.empty());
	}

	private Mono<Redirects> follow(Redirects at, ClientResponse response) {
		HttpHeaders headers = response.headers().asHttpHeaders();
		Mono<Redirects> next = Mono.fromCallable(() -> at.stating(StatedDigests.linked(headers, at))
			.follow(headers.getFirst(HttpHeaders.LOCATION), this.settings.maxRedirects(),
					this.settings.insecureHttpAllowed(), this.connections.guardsRedirectsOf(at.mirror().uri())));
		return FailureBoundary.around("following a redirect of " + at.mirror(),
				response.releaseBody().then(next.subscribeOn(this.io)));
	}

	private static boolean isRedirect(ClientResponse response) {
		return switch (response.statusCode().value()) {
			case 301, 302, 303, 307, 308 -> true;
			default -> false;
		};
	}

	private RequestFailedException noAnswer(Mirror mirror) {
		return new RequestFailedException(Reason.TIMEOUT, mirror,
				"did not answer within " + this.settings.responseTimeout().toMillis() + " ms", null);
	}

}
