package dev.modelcache.transfer;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import dev.modelcache.Digest;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.content.StreamingDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Origin;
import dev.modelcache.store.StagedFile;
import dev.modelcache.transfer.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

/**
 * What one transfer knows while it goes on: which bytes are there, who fetches which
 * others, who failed how. Gives its connections their next step, and decides which
 * response may add to the file and which contradicts it.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class TransferRun {

	private static final Logger logger = LoggerFactory.getLogger(TransferRun.class);

	/** How long a connection waits for a mirror that another one tries out. */
	private static final Duration POLL = Duration.ofMillis(100);

	private static final int MOST_FAILURES_KEPT = 100;

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final TransferListener listener;

	private final TransferThreads threads;

	private final SegmentBoard board;

	private final MirrorSelector mirrors;

	private final List<RequestFailedException> failures = new ArrayList<>();

	private final Set<Fetch> running = new HashSet<>();

	private StreamingDigest digest;

	private @Nullable Origin bytesFrom;

	private @Nullable Mirror shown;

	private boolean toldOneConnection;

	private long highWater;

	TransferRun(DownloadPlan plan, StagedFile staged, TransferListener listener, TransferThreads threads,
			RunSettings settings) {
		this.plan = plan;
		this.staged = staged;
		this.listener = listener;
		this.threads = threads;
		this.board = new SegmentBoard(settings.segmentSize().toBytes(), plan.file().expected() == null);
		this.mirrors = new MirrorSelector(
				plan.mirrors().stream().map((mirror) -> new MirrorState(mirror, settings.retry())).toList(),
				plan.file().expected() != null);
		this.digest = startDigest();
	}

	private StreamingDigest startDigest() {
		return StreamingDigest.start(this.staged.channel(), this.plan.algorithms(), this.threads.hashing());
	}

	private long now() {
		return this.threads.timer().now(TimeUnit.NANOSECONDS);
	}

	/**
	 * Returns what a connection shall do next.
	 * @return a request, a pause, or neither if nothing is left for this connection
	 * @throws dev.modelcache.ModelCacheException if every mirror has failed
	 */
	synchronized Step next() {
		if (this.board.isComplete()) {
			return Step.END;
		}
		long now = now();
		MirrorState mirror = this.mirrors.select(now);
		if (mirror == null) {
			return new Step(null, untilAMirrorIsFree(now));
		}
		if (!isProvable(mirror)) {
			// Another origin may be about to bring its first byte.
			if (this.mirrors.isBusy()) {
				return new Step(null, POLL);
			}
			if (this.board.durable() > 0) {
				restart();
			}
		}
		Segment segment = this.board.claim(now);
		if (segment == null) {
			return Step.END;
		}
		String ifRange = (this.board.durable() > 0 || segment.position() > 0) ? mirror.validator() : null;
		Fetch fetch = new Fetch(mirror, segment, ifRange);
		mirror.begin();
		this.running.add(fetch);
		return new Step(fetch, Duration.ZERO);
	}

	private Duration untilAMirrorIsFree(long now) {
		Optional<Long> wait = this.mirrors.nanosUntilNext(now);
		if (wait.isEmpty() && !this.mirrors.isBusy()) {
			throw TransferFailures.summarize(this.plan, this.failures);
		}
		return wait.filter((nanos) -> nanos > 0).map(Duration::ofNanos).orElse(POLL);
	}

	/** The bytes that are there can be told to belong to this mirror's file. */
	private boolean isProvable(MirrorState mirror) {
		return this.plan.file().expected() != null
				|| (mirror.validator() != null && mirror.mirror().origin().equals(this.bytesFrom));
	}

	/**
	 * Compares a response with what is known, before any of its bytes is taken.
	 * @return whether other connections may begin
	 * @throws RequestFailedException if it contradicts that
	 */
	synchronized boolean accept(Fetch fetch, RangeResponse response) {
		if (response.start() != fetch.segment().position()) {
			beginAgain(fetch);
		}
		checkTotal(fetch, response.totalBytes());
		checkValidator(fetch, response.validator());
		checkEnd(fetch, response);
		this.bytesFrom = fetch.mirror().origin();
		if (response.totalBytes() != null) {
			this.board.sizeIs(response.totalBytes());
		}
		boolean ranges = response.bodyEnd() != null && (response.start() > 0 || !response.whole());
		if (!ranges && this.board.extend(fetch.segment())) {
			tellOneConnection(fetch);
		}
		long bodyEnd = (response.bodyEnd() != null) ? response.bodyEnd() : ByteRange.OPEN;
		fetch.writer(new SegmentWriter(this.staged.channel(), this.board, fetch.segment(), fetch.mirror(), bodyEnd));
		show(fetch.mirror());
		admit();
		return ranges && this.board.isWorthSeveral() && isProvable(fetch.state());
	}

	/** RFC 9110, section 14.2: a server may ignore Range and send the whole file. */
	private void beginAgain(Fetch fetch) {
		if (this.running.size() > 1) {
			throw new RequestFailedException(Reason.CHANGED, fetch.mirror(),
					"sent the whole file for a part of it, as a server does when the file has changed", null);
		}
		restart();
		Segment all = this.board.claim(now());
		if (all == null) {
			throw new IllegalStateException("an empty board has work for everybody");
		}
		fetch.segment(all);
		this.running.add(fetch);
	}

	private void checkTotal(Fetch fetch, @Nullable Long total) {
		Long known = this.board.size();
		Long stated = this.plan.file().size();
		if (total != null && known != null && !total.equals(known)) {
			throw contradiction(fetch, "says that the file has " + total + " bytes, after " + known);
		}
		if (total != null && stated != null && !total.equals(stated)) {
			throw contradiction(fetch, "says that the file has " + total + " bytes, its source says " + stated);
		}
	}

	private void checkValidator(Fetch fetch, @Nullable String validator) {
		String pinned = fetch.state().validator();
		if (this.board.durable() > 0 && pinned != null && validator != null && !pinned.equals(validator)) {
			throw contradiction(fetch, "now has another version of the file");
		}
		if (validator != null) {
			this.mirrors.ofOrigin(fetch.mirror()).forEach((state) -> state.validator(validator));
		}
	}

	private void checkEnd(Fetch fetch, RangeResponse response) {
		boolean sizeKnown = response.totalBytes() != null || this.board.size() != null
				|| this.plan.file().size() != null;
		if (!sizeKnown && !response.endProven() && this.plan.file().expected() == null) {
			throw new RequestFailedException(Reason.UNPROVABLE, fetch.mirror(),
					"sends neither a length nor chunks, so that nothing tells a whole body from a cut one;"
							+ " an expected-checksum would",
					null);
		}
	}

	private static RequestFailedException contradiction(Fetch fetch, String problem) {
		return new RequestFailedException(Reason.CHANGED, fetch.mirror(), problem, null);
	}

	private void tellOneConnection(Fetch fetch) {
		if (!this.toldOneConnection) {
			this.toldOneConnection = true;
			logger.info("Model '{}': {} sends no ranges, so one connection fetches the whole file", this.plan.modelId(),
					fetch.mirror());
		}
	}

	private void show(Mirror mirror) {
		if (this.shown == null || this.plan.file().expected() == null || isGone(this.shown)) {
			this.shown = mirror;
			this.listener.answered(mirror, this.board.size());
		}
	}

	private boolean isGone(Mirror mirror) {
		return this.mirrors.ofOrigin(mirror).stream().allMatch(MirrorState::isDropped);
	}

	/** Checks that what is missing fits on the disk. */
	private void admit() {
		Long size = this.board.size();
		this.staged.admit(DataSize.ofBytes((size != null) ? size - this.board.durable() : 0));
	}

	/** Takes a buffer of the accepted response; releases it. */
	void take(Fetch fetch, DataBuffer buffer) {
		try {
			long written = fetch.writer().write(buffer);
			if (written > 0) {
				written(fetch, written);
			}
		}
		catch (IOException ex) {
			throw this.staged.failure(ex);
		}
	}

	private void written(Fetch fetch, long bytes) {
		long durable;
		synchronized (this) {
			durable = this.board.durable();
			if (durable > this.highWater) {
				this.highWater = durable;
				fetch.brought();
				fetch.state().progressed();
			}
			fetch.state().count(bytes);
			this.digest.advance(this.board.frontier());
		}
		this.listener.written(fetch.mirror(), bytes, durable);
	}

	/** Checks that the accepted response brought all that it announced. */
	synchronized void bodyEnded(Fetch fetch) {
		SegmentWriter writer = fetch.writer();
		if (writer.bodyEnd() == ByteRange.OPEN) {
			if (this.board.size() == null) {
				this.board.sizeIs(writer.bodyPosition());
			}
		}
		else if (writer.bodyPosition() < writer.bodyEnd() && !writer.isDone()) {
			throw new RequestFailedException(Reason.SHORT_BODY, fetch.mirror(),
					"ended the body at byte " + writer.bodyPosition() + " of " + writer.bodyEnd(), null);
		}
	}

	/**
	 * Takes note of a failed request. A mirror that contradicts the others is left out; a
	 * lone one that contradicts itself makes the file begin again.
	 * @return whether the file must begin again
	 */
	synchronized boolean failed(Fetch fetch, RequestFailedException failure) {
		if (this.failures.size() < MOST_FAILURES_KEPT) {
			this.failures.add(failure);
		}
		else {
			this.failures.set(MOST_FAILURES_KEPT - 1, failure);
		}
		boolean contradicts = failure.reason() == Reason.CHANGED && this.board.durable() > 0;
		boolean others = this.plan.file().expected() != null && this.mirrors.hasOther(fetch.state());
		if (contradicts && others) {
			fetch.state().drop();
		}
		else {
			fetch.failed(failure, now());
		}
		if (this.mirrors.nanosUntilNext(now()).isPresent()) {
			this.listener.retrying(failure);
		}
		return contradicts && !others;
	}

	/** A request has ended, however it ended. What it left undone is for others. */
	synchronized void ended(Fetch fetch) {
		fetch.close();
		if (this.running.remove(fetch)) {
			fetch.state().end();
			this.board.release(fetch.segment());
		}
	}

	/** Begins the file again. */
	synchronized void restart() {
		List.copyOf(this.running).forEach(this::ended);
		this.digest.close();
		this.board.restart();
		this.mirrors.forgetValidators();
		this.bytesFrom = null;
		this.digest = startDigest();
	}

	/** Returns the file's digests, once the last byte is hashed. */
	synchronized Mono<TransferResult> result() {
		MirrorState best = this.mirrors.succeeded();
		long size = this.board.durable();
		Digest expected = (this.plan.file().expected() != null) ? this.plan.file().expected().digest() : null;
		return this.digest.complete().map((digests) -> {
			if (size == 0 && (expected == null || !digests.containsValue(expected))) {
				throw new ModelIntegrityException(this.plan.modelId(), best.mirror() + " sent an empty file",
						"Check what stands at that URL, or configure a mirror or fallback-url");
			}
			return new TransferResult(size, digests, best.mirror(), best.validator());
		}).onErrorMap(IOException.class, this.staged::failure);
	}

	/** Ends writing and hashing. When this returns, no write is under way. */
	synchronized void close() {
		List.copyOf(this.running).forEach(this::ended);
		this.digest.close();
	}

}
