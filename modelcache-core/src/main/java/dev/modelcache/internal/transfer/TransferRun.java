package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Origin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
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

	/** How many bytes are written before the free space is looked at again. */
	private static final DataSize ADMITTED_AT_ONCE = DataSize.ofMegabytes(64);

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final TransferListener listener;

	private final TransferThreads threads;

	private final Followers followers;

	private final SegmentBoard board;

	private final TransferJournal journal;

	private final MirrorSelector mirrors;

	private final ResponseCheck check;

	private final Repair repair;

	private final RunProgress progress;

	private final ShownMirror shown;

	private final Set<Fetch> running = new HashSet<>();

	private @Nullable Origin bytesFrom;

	/** How many durable bytes there may be before the free space is looked at again. */
	private long admittedUpTo;

	private int round;

	/** A connection has ended the round, and the others are about to be told. */
	private boolean roundEnds;

	TransferRun(DownloadPlan plan, StagedFile staged, TransferListener listener, TransferThreads threads,
			RunSettings settings) {
		this.plan = plan;
		this.staged = staged;
		this.listener = listener;
		this.threads = threads;
		this.board = new SegmentBoard(settings.segmentSize().toBytes(), plan.file().expected() == null);
		this.mirrors = new MirrorSelector(plan.mirrors()
			.stream()
			.map((mirror) -> new MirrorState(mirror, settings.retry(), settings.minSpeed()))
			.toList(), plan.file().expected() != null);
		this.journal = new TransferJournal(plan, staged, listener::advanced);
		this.check = new ResponseCheck(plan, this.board);
		this.repair = new Repair(plan.modelId(), this.journal, this.mirrors);
		this.progress = new RunProgress(plan, settings.giveUpAfter(), new Pace(settings.minSpeed()).leastBytes(),
				now());
		this.shown = new ShownMirror(plan, listener);
		this.followers = new Followers(plan, staged, threads, listener::advanced);
	}

	/**
	 * Takes over what an earlier transfer left in the staged file. <em>Blocking</em>: for
	 * as long as it takes to read that.
	 */
	synchronized void begin() {
		try {
			JournalContents left = this.journal.takeOver();
			if (left.size() == null) {
				return;
			}
			this.board.resume(left.size(), left.blocks().keySet().stream().map(this.journal::range).toList());
			this.progress.beginsAt(this.board.durable());
			Mirror source = (this.plan.file().expected() == null) ? left.onlySource(this.plan) : null;
			if (source != null) {
				String validator = left.validatorOf(source);
				this.mirrors.ofOrigin(source).forEach((state) -> state.validator(validator));
				this.bytesFrom = source.origin();
			}
			this.followers.advance(this.board.frontier());
			logger.info("Model '{}': going on with the {} of {} bytes that are there", this.plan.modelId(),
					this.board.durable(), left.size());
			this.listener.resumed(this.board.durable(), left.size());
		}
		catch (IOException ex) {
			throw failure(ex);
		}
	}

	private long now() {
		return this.threads.timer().now(TimeUnit.NANOSECONDS);
	}

	/** Returns the number of the round, which changes when the file begins again. */
	synchronized int round() {
		return this.round;
	}

	/**
	 * Returns what a connection shall do next.
	 * @param round the round that the connection belongs to: one of a cancelled round may
	 * still ask, and must not take work that nobody would do
	 * @return a request, a pause, or neither if nothing is left for this connection
	 * @throws dev.modelcache.ModelCacheException if every mirror has failed
	 */
	synchronized Step next(int round) {
		if (round != this.round || this.roundEnds || this.board.isComplete()) {
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
		if (this.mirrors.isBusy()) {
			return wait.filter((nanos) -> nanos > 0).map(Duration::ofNanos).orElse(POLL);
		}
		if (wait.isEmpty() || this.progress.isTooLongAgo(now + wait.get())) {
			throw this.progress.summary();
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
		if (!this.running.contains(fetch)) {
			// Cancelled, or ended by a restart, while this call was on its way.
			fetch.abandon();
			return false;
		}
		if (response.start() != fetch.segment().position()) {
			beginAgain(fetch);
		}
		this.check.check(fetch, response, this.running.size() > 1);
		pin(fetch, response.validator());
		this.bytesFrom = fetch.mirror().origin();
		Long size = (response.totalBytes() != null) ? response.totalBytes() : this.plan.file().size();
		if (size != null) {
			this.board.sizeIs(size);
		}
		boolean ranges = response.bodyEnd() != null && (response.start() > 0 || !response.whole());
		if (!ranges && this.board.extend(fetch.segment())) {
			this.shown.sendsNoRanges(fetch.mirror());
		}
		// Where the response does not say, the body ends where the file does.
		Long bodyEnd = (response.bodyEnd() != null) ? response.bodyEnd() : this.board.size();
		Destination destination = new Destination(this.staged, this.journal, this.board);
		fetch.writer(new SegmentWriter(destination, fetch.segment(), fetch.mirror(),
				(bodyEnd != null) ? bodyEnd : ByteRange.OPEN));
		this.shown.answered(fetch.state(), this.board.size());
		admit();
		return ranges && this.board.isWorthSeveral() && isProvable(fetch.state());
	}

	/** RFC 9110, section 14.2: a server may ignore Range and send the whole file. */
	private void beginAgain(Fetch fetch) {
		boolean others = this.plan.file().expected() != null && this.mirrors.hasOther(fetch.state());
		if (this.running.size() > 1 || (others && this.board.durable() > 0)) {
			throw new RequestFailedException(Reason.CHANGED, fetch.mirror(),
					"sent the whole file for a part of it, as a server does when the file has changed", null);
		}
		restart();
		Segment all = this.board.claim(now());
		if (all == null) {
			throw new IllegalStateException("an empty board has work for everybody");
		}
		fetch.segment(all);
		fetch.state().begin();
		this.running.add(fetch);
	}

	private void pin(Fetch fetch, @Nullable String validator) {
		this.journal.pinned(fetch.mirror(), validator);
		if (validator != null) {
			this.mirrors.ofOrigin(fetch.mirror()).forEach((state) -> state.validator(validator));
		}
	}

	/**
	 * Checks that what is missing fits on the disk; where the size is not known, that the
	 * next bytes do.
	 */
	private void admit() {
		Long size;
		synchronized (this) {
			size = this.board.size();
		}
		DataSize admitted = ADMITTED_AT_ONCE;
		if (size != null) {
			this.staged.admit(missing(), this.board::durable);
		}
		else {
			try {
				admitted = this.staged.admitUpTo(ADMITTED_AT_ONCE, this.board::durable);
			}
			catch (ModelStorageException ex) {
				// It cannot be continued, and takes the space that the next attempt
				// needs.
				this.staged.discard();
				throw ex;
			}
		}
		synchronized (this) {
			this.admittedUpTo = this.board.durable() + admitted.toBytes();
		}
	}

	private DataSize missing() {
		Long size = this.board.size();
		return DataSize.ofBytes((size != null) ? size - this.board.durable() : 0);
	}

	private ModelStorageException failure(IOException ex) {
		return this.staged.failure(ex, missing());
	}

	/** Takes a buffer of the accepted response; releases it. */
	void take(Fetch fetch, DataBuffer buffer) {
		if (fetch.isAbandoned()) {
			DataBufferUtils.release(buffer);
			return;
		}
		try {
			long written = fetch.writer().write(buffer);
			if (written > 0) {
				written(fetch, written);
			}
		}
		catch (IOException ex) {
			throw failure(ex);
		}
	}

	private void written(Fetch fetch, long bytes) {
		long durable;
		boolean admitted;
		synchronized (this) {
			durable = this.board.durable();
			admitted = durable < this.admittedUpTo;
			fetch.state().count(bytes);
			if (this.progress.rises(durable, now())) {
				fetch.brought();
				fetch.state().progressed();
			}
			this.followers.advance(this.board.frontier());
		}
		if (!admitted) {
			admit();
		}
		this.listener.written(fetch.mirror(), bytes, durable);
	}

	/** Checks that the accepted response brought all that it announced. */
	synchronized void bodyEnded(Fetch fetch) {
		if (fetch.isAbandoned()) {
			return;
		}
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
	 * Returns whether an answer that was good in itself ends a minute which brought too
	 * few bytes: many small answers are as slow as one that trickles.
	 */
	synchronized boolean isTooSlow(Fetch fetch) {
		return !fetch.isAbandoned() && !this.board.isComplete() && fetch.state().isTooSlow(now());
	}

	/**
	 * Takes note of a failed request. A mirror that contradicts the others is left out; a
	 * lone one that contradicts itself makes the file begin again.
	 * @return whether the file must begin again; told to one connection of a round
	 */
	synchronized boolean failed(Fetch fetch, RequestFailedException failure) {
		this.progress.failed(failure);
		this.listener.failed(failure);
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
		// Whoever was cancelled with the round before has nobody to tell it to.
		boolean first = contradicts && !others && !this.roundEnds && this.running.contains(fetch);
		this.roundEnds |= first;
		return first;
	}

	/** A request has ended, however it ended. What it left undone is for others. */
	synchronized void ended(Fetch fetch) {
		fetch.close();
		if (this.running.remove(fetch)) {
			fetch.state().end();
			this.board.release(fetch.segment());
		}
	}

	/** Begins the file again, in another round. <em>Blocking</em>: for a moment. */
	synchronized void beginAgain() {
		this.round++;
		this.roundEnds = false;
		restart();
	}

	/** Begins the file again. <em>Blocking</em>: for a moment. */
	synchronized void restart() {
		List.copyOf(this.running).forEach(this::ended);
		this.board.restart();
		this.mirrors.forgetValidators();
		this.bytesFrom = null;
		try {
			this.journal.clear();
		}
		catch (IOException ex) {
			throw failure(ex);
		}
		followAgain();
	}

	private void followAgain() {
		this.followers.restart();
		this.followers.advance(this.board.frontier());
	}

	/** Waits for a failure that further bytes cannot mend. */
	Mono<Void> failure() {
		return this.followers.failure().onErrorMap(IOException.class, this::failure);
	}

	/** Returns what came, once the last byte is hashed and decompressed. */
	synchronized Mono<TransferResult> result() {
		MirrorState best = this.mirrors.succeeded();
		return this.followers.result(this.board.durable(), best).onErrorMap(IOException.class, this::failure);
	}

	/**
	 * Opens those parts of a complete file that may be to blame for its wrong digest.
	 * <em>Blocking</em>: for as long as it takes to read the file.
	 * @return whether there is something to fetch again
	 */
	synchronized boolean repair(TransferResult result) {
		if (this.plan.file().expected() == null || result.is(this.plan.file().expected())) {
			return false;
		}
		try {
			Collection<ByteRange> again = this.repair.next();
			if (again.isEmpty()) {
				return false;
			}
			this.board.reopen(again);
			followAgain();
			return true;
		}
		catch (IOException ex) {
			throw failure(ex);
		}
	}

	/** Ends writing and reading. When this returns, no write is under way. */
	synchronized void close() {
		List.copyOf(this.running).forEach(this::ended);
		this.followers.close();
	}

}
