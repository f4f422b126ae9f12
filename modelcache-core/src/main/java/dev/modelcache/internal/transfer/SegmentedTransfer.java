package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.internal.http.NettyBuffers;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.store.PartialJudge;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.SynchronousSink;

/**
 * Fetches a file in segments, on several connections and from several mirrors at once,
 * until its last byte is on disk and hashed, or every mirror has failed.
 * <p>
 * What a failed request left undone is given to whoever asks next. Requests to a mirror
 * that bring no new byte are counted and delayed by a Resilience4j {@link Retry}; a new
 * byte on disk starts the count again. Memory: the buffers of the connections, whatever
 * the size of the file.
 * <p>
 * <em>Blocking</em>: none. <em>Cancellation</em>: ends the request; when the cancellation
 * returns, nothing is written any more. <em>Errors</em>: a
 * {@link dev.modelcache.ModelCacheException}.
 */
public final class SegmentedTransfer {

	/**
	 * The most bytes of one piece of a body; the client must not make larger ones. Demand
	 * is counted in pieces, so this times their number bounds the memory.
	 */
	public static final DataSize LARGEST_BUFFER = NettyBuffers.LARGEST;

	private final Map<String, RangeClient> clients = new HashMap<>();

	private final Attempts retries;

	private final TransferThreads threads;

	private final TransferSettings settings;

	private final FaithfulScheduler writing;

	private final BandwidthLimit bandwidth;

	/**
	 * Creates a transfer engine.
	 * @param clients the wires
	 * @param retries how failed requests are repeated
	 * @param threads where the work runs
	 * @param settings limits and time-outs
	 */
	public SegmentedTransfer(Collection<? extends RangeClient> clients, Attempts retries, TransferThreads threads,
			TransferSettings settings) {
		clients.forEach((client) -> client.schemes().forEach((scheme) -> this.clients.put(scheme, client)));
		this.retries = retries;
		this.threads = threads;
		this.settings = settings;
		this.writing = new FaithfulScheduler(threads.io());
		this.bandwidth = new BandwidthLimit(settings.maxBandwidth(), threads.timer());
	}

	/**
	 * Fetches a file into a staged file.
	 * @param plan what to fetch
	 * @param staged where to; empty, or with what an earlier transfer left; has a place
	 * for its content if the plan wants it decompressed
	 * @param listener hears how it goes
	 * @return the result, once the last byte is on disk, hashed and decompressed
	 */
	public Mono<TransferResult> run(DownloadPlan plan, StagedFile staged, TransferListener listener) {
		RunSettings runSettings = new RunSettings(this.settings.segmentSize(),
				this.retries.forModel(plan.modelId(), plan.maxRequests()), this.settings.giveUpAfter(),
				this.settings.minSpeed());
		return Mono.using(() -> new TransferRun(plan, staged, listener, this.threads, runSettings),
				(run) -> onFiles("reading what an earlier transfer left", run::begin).then(unlessItFails(run))
					.then(settled(run)),
				TransferRun::close);
	}

	private Mono<Void> onFiles(String step, Runnable work) {
		return onFiles(step, () -> {
			work.run();
			return null;
		});
	}

	private <T> Mono<T> onFiles(String step, Callable<? extends @Nullable T> work) {
		return FailureBoundary.around("continuing after " + step,
				Mono.<T>fromCallable(() -> FailureBoundary.call(step, work)).subscribeOn(this.threads.io()));
	}

	/** takeUntilOther would not cancel the rounds when the other one fails. */
	private Mono<Void> unlessItFails(TransferRun run) {
		return Mono.firstWithSignal(rounds(run), run.failure());
	}

	/**
	 * Returns what came, after repairs where the digest is wrong. A repair that fails
	 * leaves the wrong digest to those who will compare it.
	 */
	private Mono<TransferResult> settled(TransferRun run) {
		return FailureBoundary.around("waiting for the digest", Mono.defer(run::result))
			.flatMap((result) -> this.<Boolean>onFiles("looking for what to repair", () -> run.repair(result))
				.flatMap((again) -> again
						? rounds(run).then(settled(run))
							.onErrorResume(SegmentedTransfer::isOfMirrors, (ex) -> Mono.just(result))
						: Mono.just(result)));
	}

	private static boolean isOfMirrors(Throwable failure) {
		return failure instanceof ModelCacheException && !(failure instanceof ModelStorageException);
	}

	/**
	 * Returns whether a file is too small to be fetched in segments.
	 * @param size its size, or {@code null} where nobody knows it
	 * @return {@code true} if one connection fetches it
	 */
	public boolean isOneStream(@Nullable Long size) {
		return size != null && size < 2 * this.settings.segmentSize().toBytes();
	}

	/**
	 * Returns on how many connections a model is fetched.
	 * @return the configured number
	 */
	public int connections() {
		return this.settings.connections();
	}

	/**
	 * Returns how long an acquisition may bring nothing new.
	 * @return the configured time
	 */
	public Duration giveUpAfter() {
		return this.settings.giveUpAfter();
	}

	/**
	 * Returns what a staged file that an earlier transfer left is worth to this one.
	 * @param plan what to fetch
	 * @return the judge
	 */
	public static PartialJudge judge(DownloadPlan plan) {
		return (lines) -> JournalContents.read(lines).worthFor(plan);
	}

	/** A round ends with false if the file must begin again. */
	private Mono<Void> rounds(TransferRun run) {
		return Mono.defer(() -> round(run))
			.thenReturn(true)
			.onErrorResume(BeginAgainException.class, (ex) -> onFiles("beginning the file again", () -> {
				run.beginAgain();
				return false;
			}))
			.repeat()
			.takeUntil(Boolean::booleanValue)
			.then();
	}

	/** One connection begins; the others follow when it is known that there is work. */
	private Mono<Void> round(TransferRun run) {
		int round = run.round();
		Sinks.One<Boolean> others = Sinks.one();
		Mono<Void> first = connection(run, round, others).doOnTerminate(others::tryEmitEmpty);
		Flux<Void> rest = others.asMono()
			.flatMapMany((go) -> Flux.range(1, this.settings.connections() - 1))
			.flatMap((number) -> connection(run, round, others), this.settings.connections());
		return Flux.merge(first, rest).then();
	}

	private Mono<Void> connection(TransferRun run, int round, Sinks.One<Boolean> others) {
		return this.<Step>onFiles("choosing what to fetch next", () -> run.next(round)).flatMap((step) -> {
			if (step.fetch() != null) {
				return fetch(run, step.fetch(), others).thenReturn(true);
			}
			return step.pause().isZero() ? Mono.just(false)
					: FailureBoundary.around("continuing after a pause", Mono.delay(step.pause(), this.threads.timer()))
						.thenReturn(true);
		}).repeat().takeWhile(Boolean::booleanValue).then();
	}

	private Mono<Void> fetch(TransferRun run, Fetch fetch, Sinks.One<Boolean> others) {
		AtomicBoolean waiting = new AtomicBoolean();
		Runnable answered = () -> {
			if (waiting.compareAndSet(true, false)) {
				fetch.state().pace().wanted(-1, now());
			}
		};
		return Mono.defer(() -> {
			waiting.set(true);
			fetch.state().pace().wanted(1, now());
			return clientFor(fetch.mirror()).exchange(fetch.request(), (response) -> {
				answered.run();
				return receive(run, fetch, response, others);
			});
		})
			.doOnTerminate(answered)
			.doOnCancel(answered)
			.onErrorResume(RequestFailedException.class,
					(failure) -> run.failed(fetch, failure) ? Mono.error(new BeginAgainException()) : Mono.empty())
			.doOnTerminate(() -> run.ended(fetch))
			.doOnCancel(() -> run.ended(fetch));
	}

	private long now() {
		return this.threads.timer().now(TimeUnit.NANOSECONDS);
	}

	private RangeClient clientFor(Mirror mirror) {
		RangeClient client = this.clients.get(mirror.origin().scheme());
		if (client == null) {
			throw new IllegalStateException("nothing fetches " + mirror.origin().scheme() + ": URLs");
		}
		return client;
	}

	private Mono<Void> receive(TransferRun run, Fetch fetch, RangeResponse response, Sinks.One<Boolean> others) {
		long pieces = this.settings.bufferSize().toBytes() / LARGEST_BUFFER.toBytes();
		int prefetch = (int) Math.max(2, Math.min(pieces, 8192));
		StallDetector stalls = new StallDetector(this.settings.stallTimeout(), this.threads.timer());
		return onFiles("comparing a response with the file", () -> {
			if (run.accept(fetch, response)) {
				others.tryEmitValue(true);
			}
		}).thenMany(stalls.watch(response.body().map(HeldBuffer::new), fetch.state().pace(),
				() -> stalled(fetch.mirror()), () -> tooSlow(fetch.mirror())))
			.publishOn(this.writing, prefetch)
			.handle((HeldBuffer held, SynchronousSink<HeldBuffer> next) -> {
				try {
					take(run, fetch, held);
					next.next(held);
				}
				catch (Throwable ex) {
					held.release();
					next.error(FailureBoundary.asException("writing what " + fetch.mirror() + " sent", ex));
				}
			})
			.takeUntil((held) -> fetch.isSatisfied())
			.doOnDiscard(HeldBuffer.class, HeldBuffer::release)
			.then(Mono.fromRunnable(() -> {
				run.bodyEnded(fetch);
				if (run.isTooSlow(fetch)) {
					throw tooSlow(fetch.mirror());
				}
			}));
	}

	private void take(TransferRun run, Fetch fetch, HeldBuffer held) {
		this.bandwidth.await(held.size(), fetch::isOpen);
		DataBuffer buffer = held.take();
		if (buffer != null) {
			run.take(fetch, buffer);
		}
	}

	private RequestFailedException stalled(Mirror mirror) {
		return new RequestFailedException(RequestFailedException.Reason.STALLED, mirror,
				"sent no byte for " + this.settings.stallTimeout().toMillis() + " ms", null);
	}

	private RequestFailedException tooSlow(Mirror mirror) {
		return new RequestFailedException(RequestFailedException.Reason.TOO_SLOW, mirror, "sent fewer than "
				+ this.settings.minSpeed().toBytes() + " bytes per second for a minute (hooks.llm.download.min-speed)",
				null);
	}

	/**
	 * Asks for the state of a file, of the first mirror that tells its size. One byte of
	 * the file is asked for.
	 * @param plan which file
	 * @return the state, or empty if no mirror tells
	 */
	public Mono<SourceState> state(DownloadPlan plan) {
		return Flux.fromIterable(plan.mirrors())
			.concatMap(
					(mirror) -> stateOf(mirror).onErrorResume(RequestFailedException.class, (failure) -> Mono.empty()),
					0)
			.next();
	}

	private Mono<SourceState> stateOf(Mirror mirror) {
		RangeRequest request = new RangeRequest(mirror, new ByteRange(0, 1), null);
		return Mono.defer(() -> {
			AtomicReference<SourceState> state = new AtomicReference<>();
			return clientFor(mirror).exchange(request, (response) -> {
				if (response.totalBytes() != null) {
					state.set(new SourceState(mirror, response.totalBytes(), response.validator()));
				}
				return Mono.fromRunnable(() -> response.body().subscribe(DataBufferUtils::release, (ignored) -> {
				}).dispose());
			}).then(Mono.fromSupplier(state::get));
		});
	}

	/** Ends a round: what is there belongs to another version of the file. */
	private static final class BeginAgainException extends RuntimeException {

		BeginAgainException() {
			super("begin again", null, false, false);
		}

	}

}
