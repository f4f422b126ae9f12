package dev.modelcache.transfer;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.source.Mirror;
import dev.modelcache.store.StagedFile;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.retry.Retry;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Fetches a file: request after request, mirror after mirror, until its last byte is on
 * disk and hashed, or every mirror has failed.
 * <p>
 * A request that fails is followed by one for what is missing. Requests that bring no new
 * byte are counted and delayed by a Resilience4j {@link Retry}; a new byte on disk starts
 * the count again. Memory: one connection's buffers, whatever the size of the file.
 * <p>
 * <em>Blocking</em>: none. <em>Cancellation</em>: ends the request; when the cancellation
 * returns, nothing is written any more. <em>Errors</em>: a
 * {@link dev.modelcache.ModelCacheException}.
 */
public final class SegmentedTransfer {

	/**
	 * The pieces that a body comes in are at most this large: Netty's HTTP decoder cuts
	 * them so.
	 */
	private static final int LARGEST_BUFFER = 8 * 1024;

	private final Map<String, RangeClient> clients = new HashMap<>();

	private final TransferRetries retries;

	private final TransferThreads threads;

	private final TransferSettings settings;

	/**
	 * Creates a transfer engine.
	 * @param clients the wires
	 * @param retries how failed requests are repeated
	 * @param threads where the work runs
	 * @param settings limits and time-outs
	 */
	public SegmentedTransfer(Collection<? extends RangeClient> clients, TransferRetries retries,
			TransferThreads threads, TransferSettings settings) {
		clients.forEach((client) -> client.schemes().forEach((scheme) -> this.clients.put(scheme, client)));
		this.retries = retries;
		this.threads = threads;
		this.settings = settings;
	}

	/**
	 * Fetches a file into a staged file.
	 * @param plan what to fetch
	 * @param staged where to; empty
	 * @param listener hears how it goes
	 * @return the result, once the last byte is on disk and hashed
	 */
	public Mono<TransferResult> run(DownloadPlan plan, StagedFile staged, TransferListener listener) {
		return Mono.using(() -> new TransferRun(plan, staged, listener, this.threads), this::overMirrors,
				TransferRun::close);
	}

	private Mono<TransferResult> overMirrors(TransferRun run) {
		return Flux.fromIterable(run.plan().mirrors())
			.concatMap((mirror) -> fromMirror(run, mirror).onErrorResume(RequestFailedException.class,
					(failure) -> Mono.empty()), 0)
			.next()
			.switchIfEmpty(Mono.error(() -> TransferFailures.summarize(run.plan(), run.failures())));
	}

	private Mono<TransferResult> fromMirror(TransferRun run, Mirror mirror) {
		Retry retry = this.retries.forModel(run.plan().modelId(), run.plan().maxRequests());
		// Each subscription of the operator counts from one. A round that ends with false
		// brought new bytes before it failed; repeating it starts the count again.
		Mono<Boolean> round = Mono.defer(() -> request(run, mirror)).transformDeferred(RetryOperator.of(retry));
		return round.flatMap((done) -> done ? Mono.just(true) : pause(run, retry).thenReturn(false))
			.repeat()
			.takeUntil(Boolean::booleanValue)
			.then(Mono.defer(() -> run.result(mirror)));
	}

	private Mono<Long> pause(TransferRun run, Retry retry) {
		RequestFailedException last = run.failures().get(run.failures().size() - 1);
		long millis = retry.getRetryConfig().getIntervalBiFunction().apply(1, Either.left(last));
		return Mono.delay(Duration.ofMillis(millis), this.threads.timer());
	}

	/** Sends one request. Ends with false if it failed after it brought new bytes. */
	private Mono<Boolean> request(TransferRun run, Mirror mirror) {
		long before = run.highWater();
		return clientFor(mirror).exchange(run.nextRequest(mirror), (response) -> receive(run, mirror, response))
			.thenReturn(true)
			.onErrorResume(RequestFailedException.class, (failure) -> {
				run.failed(failure);
				boolean progressed = failure.reason().isWorthRetrying() && run.highWater() > before;
				return progressed ? Mono.just(false) : Mono.error(failure);
			});
	}

	private RangeClient clientFor(Mirror mirror) {
		RangeClient client = this.clients.get(mirror.origin().scheme());
		if (client == null) {
			throw new IllegalStateException("nothing fetches " + mirror.origin().scheme() + ": URLs");
		}
		return client;
	}

	private Mono<Void> receive(TransferRun run, Mirror mirror, RangeResponse response) {
		int prefetch = Math.max(8, (int) Math.min(this.settings.bufferSize().toBytes() / LARGEST_BUFFER, 8192));
		StallDetector stalls = new StallDetector(this.settings.stallTimeout(), this.threads.timer());
		return Mono.fromRunnable(() -> {
			run.accept(response, mirror);
			run.admit();
		})
			.subscribeOn(this.threads.io())
			.thenMany(stalls.watch(response.body(), () -> stalled(mirror)))
			.publishOn(this.threads.io(), prefetch)
			.doOnNext((buffer) -> run.take(buffer, mirror))
			.doOnDiscard(DataBuffer.class, DataBufferUtils::release)
			.then(Mono.fromRunnable(() -> run.bodyEnded(mirror)));
	}

	private RequestFailedException stalled(Mirror mirror) {
		return new RequestFailedException(RequestFailedException.Reason.STALLED, mirror,
				"sent no byte for " + this.settings.stallTimeout().toMillis() + " ms", null);
	}

	/**
	 * Asks for the size of a file without fetching it.
	 * @param plan the file and its mirrors
	 * @return the size, or empty where no mirror tells it
	 */
	public Mono<Long> size(DownloadPlan plan) {
		List<Mirror> mirrors = plan.mirrors();
		return Flux.fromIterable(mirrors)
			.concatMap(
					(mirror) -> sizeFrom(mirror).onErrorResume(RequestFailedException.class, (failure) -> Mono.empty()),
					0)
			.next();
	}

	private Mono<Long> sizeFrom(Mirror mirror) {
		RangeRequest request = new RangeRequest(mirror, new ByteRange(0, 1), null);
		return Mono.defer(() -> {
			long[] size = { -1 };
			return clientFor(mirror).exchange(request, (response) -> {
				size[0] = (response.totalBytes() != null) ? response.totalBytes() : -1;
				return Mono.fromRunnable(() -> response.body().subscribe(DataBufferUtils::release, (ignored) -> {
				}).dispose());
			}).then(Mono.fromSupplier(() -> size[0])).filter((bytes) -> bytes >= 0);
		});
	}

}
