package dev.modelcache.internal.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.ConnectionFailedException.Kind;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Asks repositories and registries about models: small answers, read into memory whole
 * and byte for byte.
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

	/**
	 * The key, in the context of a subscriber, of a {@code Consumer<Duration>} that is
	 * told of every pause before the next request, and of every answer as a pause of
	 * zero.
	 */
	public static final String PAUSES = MetadataClient.class.getName() + ".pauses";

	/** Of other answers than a success, the status tells nearly everything. */
	private static final int LARGEST_ERROR = 1 << 16;

	private final HttpConnections connections;

	private final HttpSettings settings;

	private final MetadataRetries retries;

	private final Scheduler timer;

	private final Scheduler io;

	/**
	 * Creates a client that connects to every address.
	 * @param webClient sends the requests; must neither follow redirects nor add headers
	 * @param settings limits
	 * @param retries how often to ask
	 * @param timer where time-outs run
	 * @param io where answers are read, which are text of others
	 */
	public MetadataClient(WebClient webClient, HttpSettings settings, MetadataRetries retries, Scheduler timer,
			Scheduler io) {
		this(HttpConnections.anywhere(webClient), settings, retries, timer, io);
	}

	/**
	 * Creates a client.
	 * @param connections send the requests; must neither follow redirects nor add headers
	 * @param settings limits
	 * @param retries how often to ask
	 * @param timer where time-outs run
	 * @param io where answers are read, which are text of others
	 */
	public MetadataClient(HttpConnections connections, HttpSettings settings, MetadataRetries retries, Scheduler timer,
			Scheduler io) {
		this.connections = connections;
		this.settings = settings;
		this.retries = retries;
		this.timer = timer;
		this.io = io;
	}

	/**
	 * Asks.
	 * @param model the model that it is about: how often to ask, and whom errors name
	 * @param request the question
	 * @return the answer, of any status
	 */
	public Mono<MetadataResponse> exchange(ModelRequest model, MetadataRequest request) {
		String step = "reading what " + RedactedUri.of(request.uri()) + " answered";
		return Mono.deferContextual((context) -> {
			Consumer<Duration> pauses = context.<Consumer<Duration>>getOrEmpty(PAUSES).orElse((ignored) -> {
			});
			List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
			Retry retry = this.retries.forModel(model);
			retry.getEventPublisher().onRetry((event) -> pauses.accept(event.getWaitInterval()));
			Mono<MetadataResponse> answered = FailureBoundary.around(step, hop(Hop.first(request)))
				.onErrorMap((failure) -> FailedRequest.classify(failure, Hop.first(request)))
				.doOnNext((answer) -> pauses.accept(Duration.ZERO))
				.doOnError(failures::add)
				.transformDeferred(RetryOperator.of(retry))
				.onErrorMap(FailedRequest.class, (last) -> noAnswer(model, last, failures));
			return FailureBoundary.around(step, answered);
		});
	}

	/**
	 * Returns how long an answer wants us to wait before the next question.
	 * @param response the answer
	 * @return the delay, or {@code null} where it does not say
	 */
	public @Nullable Duration pauseWanted(MetadataResponse response) {
		return this.retries.delayWanted(response);
	}

	private Mono<MetadataResponse> hop(Hop hop) {
		return this.connections.client(hop.publicOnly())
			.method(hop.request().method())
			.uri(hop.uri())
			.headers((headers) -> prepare(headers, hop))
			.exchangeToMono((response) -> read(hop, response))
			.timeout(this.settings.responseTimeout(),
					Mono.error(() -> FailedRequest.passing(hop.request(),
							"did not answer within " + this.settings.responseTimeout().toMillis() + " ms", null)),
					this.timer)
			.publishOn(this.io)
			.as((answer) -> FailureBoundary.around("following what " + RedactedUri.of(hop.uri()) + " answered", answer))
			.flatMap((response) -> {
				Hop next = response.isRedirect()
						? hop.follow(response.header(HttpHeaders.LOCATION), this.settings, this.connections) : null;
				return (next != null) ? hop(next) : Mono.just(response);
			})
			.onErrorMap((failure) -> FailedRequest.classify(failure, hop));
	}

	private static void prepare(HttpHeaders headers, Hop hop) {
		headers.set(HttpHeaders.ACCEPT, "*/*");
		hop.headers().forEach(headers::set);
		// Otherwise neither the size nor the bytes would be those of the source.
		headers.set(HttpHeaders.ACCEPT_ENCODING, "identity");
	}

	private Mono<MetadataResponse> read(Hop hop, ClientResponse response) {
		long largest = this.settings.largestAnswer().toBytes();
		BoundedBody body = response.statusCode().is2xxSuccessful() ? BoundedBody.whole(hop.request(), largest)
				: BoundedBody.beginning(hop.request(), Math.min(largest, LARGEST_ERROR));
		return response.bodyToFlux(DataBuffer.class).<DataBuffer>handle((buffer, next) -> {
			try {
				body.take(buffer);
				next.next(buffer);
			}
			catch (Throwable ex) {
				next.error(FailureBoundary.asException("reading a body", ex));
			}
		})
			.takeUntil((buffer) -> body.isFull())
			.doOnDiscard(DataBuffer.class, DataBufferUtils::release)
			.then(Mono.fromSupplier(() -> new MetadataResponse(hop.uri(), response.statusCode().value(),
					response.headers().asHttpHeaders(), body.toBytes())));
	}

	private static ModelCacheException noAnswer(ModelRequest model, FailedRequest last, List<Throwable> failures) {
		ConnectionFailedException explained = ConnectionFailedException.in(last);
		ModelCacheException exception = (explained != null && explained.kind() == Kind.PROXY_DENIED)
				? new ModelAccessDeniedException(model.id(), last.problem(), last.action(), last)
				: new ModelTransferException(model.id(), last.problem(), last.action(), last);
		failures.stream().filter((failure) -> failure != last).forEach(exception::addSuppressed);
		return exception;
	}

}
