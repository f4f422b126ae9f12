/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.NettyBuffers;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.UnreadBody;
import dev.modelcache.internal.store.PartialJudge;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
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
 * <em>Blocking</em>: none. <em>Cancellation</em>: returns at once; the transfer stops by
 * itself, and the staged file cannot be closed before it has. <em>Errors</em>: a
 * {@link dev.modelcache.ModelCacheException}.
 */
public final class SegmentedTransfer {

	/**
	 * The most bytes of one piece of a body; the client must not make larger ones. Demand
	 * is counted in pieces, so this times their number bounds the memory.
	 */
	public static final DataSize LARGEST_BUFFER = NettyBuffers.LARGEST;

	private static final Set<Reason> REFUSALS_OF_RANGES = EnumSet.of(Reason.BAD_RANGE, Reason.NO_SUCH_RANGE,
			Reason.REFUSED);

	private final Map<String, ? extends Supplier<? extends RangeClient>> clients;

	private final Attempts retries;

	private final TransferThreads threads;

	private final TransferSettings settings;

	private final Bandwidth bandwidth;

	private final Hosts hosts = new Hosts();

	/**
	 * Creates a transfer engine.
	 * @param clients the client for each scheme, made when it is first asked for
	 * @param retries how failed requests are repeated
	 * @param threads where the work runs
	 * @param settings limits and time-outs
	 */
	public SegmentedTransfer(Map<String, ? extends Supplier<? extends RangeClient>> clients, Attempts retries,
			TransferThreads threads, TransferSettings settings) {
		this.clients = Map.copyOf(clients);
		this.retries = retries;
		this.threads = threads;
		this.settings = settings;
		this.bandwidth = new Bandwidth(settings.maxBandwidth(), threads.timer());
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
		return FailureBoundary.around("transferring the file", Mono.create((caller) -> {
			Coordinator coordinator = new Coordinator(plan, staged, listener,
					this.retries.forModel(plan.modelId(), plan.maxRequests()), this, caller);
			caller.onCancel(coordinator::stop);
			coordinator.begin();
		}));
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

	RangeClient clientFor(Mirror mirror) {
		Supplier<? extends RangeClient> client = this.clients.get(Origin.of(mirror.uri()).scheme());
		if (client == null) {
			throw new IllegalStateException("nothing fetches " + Origin.of(mirror.uri()).scheme() + ": URLs");
		}
		return client.get();
	}

	TransferThreads threads() {
		return this.threads;
	}

	TransferSettings settings() {
		return this.settings;
	}

	Hosts hosts() {
		return this.hosts;
	}

	Bandwidth bandwidth() {
		return this.bandwidth;
	}

	/** Returns how many pieces of a body one connection holds. */
	int pieces() {
		return (int) Math.max(2, Math.min(this.settings.bufferSize().toBytes() / LARGEST_BUFFER.toBytes(), 8192));
	}

	/**
	 * Asks for the state of a file, of the first mirror that tells its size. One byte of
	 * the file is asked for.
	 * @param plan which file
	 * @return the state, or empty if no mirror tells
	 */
	public Mono<SourceState> state(DownloadPlan plan) {
		return state(plan, (failure) -> {
		});
	}

	/**
	 * Asks for the state of a file like {@link #state}, but fails if all mirrors do.
	 * @param plan which file
	 * @return the state, or empty if a mirror answers but does not tell the size
	 */
	public Mono<SourceState> stateOrFailure(DownloadPlan plan) {
		return Mono.defer(() -> {
			List<RequestFailedException> failures = new ArrayList<>();
			return state(plan, failures::add).switchIfEmpty(Mono.defer(() -> (failures.size() < plan.mirrors().size())
					? Mono.empty() : Mono.error(Failures.summarize(plan.modelId(), failures))));
		});
	}

	private Mono<SourceState> state(DownloadPlan plan, Consumer<RequestFailedException> failed) {
		return Flux.fromIterable(plan.mirrors())
			.concatMap((mirror) -> stateOf(mirror).onErrorResume(RequestFailedException.class, (failure) -> {
				failed.accept(failure);
				return Mono.empty();
			}), 0)
			.next();
	}

	/** A server that cannot do with a range is asked for the file, which is not read. */
	private Mono<SourceState> stateOf(Mirror mirror) {
		return stateOf(mirror, new RangeRequest(mirror, new ByteRange(0, 1), null)).onErrorResume(
				(failure) -> failure instanceof RequestFailedException failed
						&& REFUSALS_OF_RANGES.contains(failed.reason()),
				(failure) -> stateOf(mirror, RangeRequest.wholeFile(mirror)));
	}

	private Mono<SourceState> stateOf(Mirror mirror, RangeRequest request) {
		return Mono.defer(() -> {
			AtomicReference<SourceState> state = new AtomicReference<>();
			return clientFor(mirror).exchange(request, new UnreadBody(), (response) -> {
				if (response.totalBytes() != null) {
					state.set(new SourceState(mirror, response.totalBytes(), response.validator()));
				}
				return Mono.empty();
			}).then(Mono.fromSupplier(state::get));
		});
	}

}
