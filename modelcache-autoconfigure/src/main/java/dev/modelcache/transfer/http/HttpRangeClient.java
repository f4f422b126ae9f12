package dev.modelcache.transfer.http;

import java.time.Clock;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import dev.modelcache.source.Mirror;
import dev.modelcache.transfer.MirrorCircuitBreakers;
import dev.modelcache.transfer.MirrorCircuitBreakers.Permission;
import dev.modelcache.transfer.RangeClient;
import dev.modelcache.transfer.RangeRequest;
import dev.modelcache.transfer.RangeResponse;
import dev.modelcache.transfer.RequestFailedException;
import dev.modelcache.transfer.RequestFailedException.Reason;
import dev.modelcache.transfer.TransferSettings;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Fetches ranges with a {@link WebClient} that neither follows redirects nor asks for
 * compressed bodies.
 */
public final class HttpRangeClient implements RangeClient {

	private final WebClient webClient;

	private final MirrorCircuitBreakers breakers;

	private final TransferSettings settings;

	private final Scheduler timer;

	private final ResponseGuard guard;

	private final RememberedTargets targets = new RememberedTargets();

	/**
	 * Creates a client.
	 * @param webClient sends the requests; must not follow redirects
	 * @param breakers stop requests to mirrors that fail
	 * @param settings limits and time-outs
	 * @param timer where time-outs run
	 * @param clock tells how far away the date of a {@code Retry-After} is
	 */
	public HttpRangeClient(WebClient webClient, MirrorCircuitBreakers breakers, TransferSettings settings,
			Scheduler timer, Clock clock) {
		this.webClient = webClient;
		this.breakers = breakers;
		this.settings = settings;
		this.timer = timer;
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
			return send(request, (response) -> {
				permission.succeeded();
				return consumer.apply(response);
			}).onErrorMap((failure) -> HttpFailures.classify(failure, request.mirror()))
				.doOnError(RequestFailedException.class, permission::failed)
				.doFinally((signal) -> permission.released());
		});
	}

	private Mono<Void> send(RangeRequest request, Function<RangeResponse, Mono<Void>> consumer) {
		Redirects begin = this.targets.begin(request);
		return hop(request, begin, consumer)
			.onErrorResume((failure) -> this.targets.hasExpired(begin, failure),
					(failure) -> hop(request, Redirects.start(request.mirror()), consumer))
			.doOnError((failure) -> this.targets.failed(request.mirror()));
	}

	private Mono<Void> hop(RangeRequest request, Redirects at, Function<RangeResponse, Mono<Void>> consumer) {
		AtomicBoolean answered = new AtomicBoolean();
		Mono<Redirects> next = this.webClient.get()
			.uri(at.uri())
			.headers((headers) -> prepare(headers, request, at))
			.exchangeToMono((response) -> {
				if (isRedirect(response)) {
					return follow(at, response);
				}
				answered.set(true);
				return receive(request, at, response, consumer);
			});
		Mono<Long> deadline = Mono.delay(this.settings.responseTimeout(), this.timer)
			.flatMap((tick) -> answered.get() ? Mono.never() : Mono.just(tick));
		return next.timeout(deadline, Mono.error(() -> noAnswer(request.mirror())))
			.flatMap((redirect) -> hop(request, redirect, consumer));
	}

	private static void prepare(HttpHeaders headers, RangeRequest request, Redirects at) {
		if (at.trusted()) {
			request.mirror().headers().forEach(headers::set);
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
		AtomicBoolean taken = new AtomicBoolean();
		Flux<DataBuffer> body = response.bodyToFlux(DataBuffer.class)
			.doOnSubscribe((s) -> taken.set(true))
			.doOnNext((buffer) -> this.targets.brought(at));
		return Mono.defer(() -> consumer.apply(this.guard.check(request, at, response, body)))
			.onErrorResume((failure) -> (taken.get() ? Mono.<Void>empty() : abandon(body)).then(Mono.error(failure)))
			.then(Mono.empty());
	}

	private Mono<Redirects> follow(Redirects at, ClientResponse response) {
		HttpHeaders headers = response.headers().asHttpHeaders();
		return response.releaseBody()
			.then(Mono.fromSupplier(() -> at.stating(StatedDigests.linked(headers, at))
				.follow(headers.getFirst(HttpHeaders.LOCATION), this.settings.maxRedirects(),
						this.settings.insecureHttpAllowed())));
	}

	private static boolean isRedirect(ClientResponse response) {
		return switch (response.statusCode().value()) {
			case 301, 302, 303, 307, 308 -> true;
			default -> false;
		};
	}

	/**
	 * Lets go of a body that nobody wants. WebClient would read it to its end first,
	 * which may be a hundred gigabytes away or never come.
	 */
	private static Mono<Void> abandon(Flux<DataBuffer> body) {
		return Mono.fromRunnable(() -> body.subscribe(new Unwanted()));
	}

	private RequestFailedException noAnswer(Mirror mirror) {
		return new RequestFailedException(Reason.TIMEOUT, mirror,
				"did not answer within " + this.settings.responseTimeout().toMillis() + " ms", null);
	}

	/**
	 * Cancels, and hears no complaint: WebClient may have let go of the body already.
	 */
	private static final class Unwanted implements CoreSubscriber<DataBuffer> {

		@Override
		public void onSubscribe(Subscription subscription) {
			subscription.cancel();
		}

		@Override
		public void onNext(DataBuffer buffer) {
			DataBufferUtils.release(buffer);
		}

		@Override
		public void onError(Throwable failure) {
			// Nobody waits for it.
		}

		@Override
		public void onComplete() {
			// Nobody waits for it.
		}

	}

}
