/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.content.format.FormatInspection;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.transfer.Segment.Block;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.MonoSink;

/**
 * Runs one transfer: decides which mirror is asked for which bytes, which answer may add
 * to the file, and what happens when all bytes are there or no mirror is left.
 * <p>
 * All its state belongs to its mailbox, whose tasks run one after the other and never
 * touch the disk. Connections, followers and tasks on the disk run beside it and tell it
 * what they have done. The file changes hands in {@link #proceed()} alone: it is
 * truncated, read for repairs, and given back when none of them is at work.
 * <p>
 * <em>Thread-safety</em>: {@link #begin()} and {@link #stop()}, which do not block.
 */
final class Coordinator implements BodyWriter.Owner {

	private static final Logger logger = LoggerFactory.getLogger(Coordinator.class);

	private static final Duration LONGEST_TICK = Duration.ofSeconds(1);

	/**
	 * How many bytes are fetched again where nothing else tells that the file is the
	 * same.
	 */
	private static final long COMPARED = WorkMap.BLOCK / 4;

	/** How many bytes show of which format a file is. */
	private static final int LEAST_HEADER = 16;

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final TransferListener listener;

	private final SegmentedTransfer transfer;

	private final MonoSink<TransferResult> caller;

	private final SerialTasks mailbox;

	private final DiskTasks disk;

	private final BlockLog log;

	private final WorkMap work;

	private final Mirrors mirrors;

	private final ResponseCheck check;

	private final Adaptation adaptation;

	private final Progress progress;

	private @Nullable Repair repair;

	private final Followers followers;

	private final Map<BodyWriter, Fetch> live = new LinkedHashMap<>();

	private final Disposable.Swap wake = Disposables.swap();

	private final Disposable.Swap ticks = Disposables.swap();

	private Phase phase = Phase.PREPARING;

	/** What is done when nothing is at work on the file. */
	private @Nullable Runnable whenQuiet;

	/** The answer from the first byte on, for which the file is made empty. */
	private @Nullable Fetch wholeAnswer;

	/** The other connections may begin: it is known that there is work for them. */
	private boolean several;

	/** Two connections have been answered at once. */
	private boolean parallel;

	/** How the bytes came that are there. */
	private FetchMode came = FetchMode.WHOLE_FILE;

	/** Run when a host serves a further connection of this transfer. */
	private final Runnable whenServed;

	private long tickNanos;

	private boolean retained;

	/** A whole file with a wrong digest, which is being repaired. */
	private @Nullable TransferResult wrong;

	Coordinator(DownloadPlan plan, StagedFile staged, TransferListener listener, Retry retry,
			SegmentedTransfer transfer, MonoSink<TransferResult> caller) {
		this.plan = plan;
		this.staged = staged;
		this.listener = listener;
		this.transfer = transfer;
		this.caller = caller;
		TransferSettings settings = transfer.settings();
		Executor io = transfer.threads().io()::schedule;
		this.mailbox = new SerialTasks(io, (thrown) -> {
			fail(thrown);
			proceed();
		});
		this.whenServed = () -> this.mailbox.execute(this::dispatch);
		this.log = new BlockLog(plan, staged, listener);
		this.disk = new DiskTasks(staged, this.log, listener, io, this.mailbox, this::fail, this::proceed,
				() -> this.live.keySet().forEach(BodyWriter::resume));
		this.work = new WorkMap(settings.segmentSize().toBytes(), plan.file().expected() == null);
		this.mirrors = new Mirrors(plan.mirrors()
			.stream()
			.map((mirror) -> new MirrorState(mirror, retry, settings.minSpeed(),
					transfer.hosts().of(Origin.of(mirror.uri())), plan.mode()))
			.toList(), plan.file().expected() != null);
		this.check = new ResponseCheck(plan, this.work, this.mirrors, this.log, listener);
		this.adaptation = new Adaptation(plan, this.work, this.live.values(), transfer.connections() > 1, this::now);
		this.progress = new Progress(plan, settings.giveUpAfter(), new Pace(settings.minSpeed()).leastBytes(), now());
		this.followers = new Followers(plan, staged, transfer.threads(), listener, this.mailbox, this::fail,
				this::proceed);
	}

	private long now() {
		return this.transfer.threads().timer().now(TimeUnit.NANOSECONDS);
	}

	/** Begins with what an earlier transfer left in the staged file. */
	void begin() {
		this.mailbox.execute(() -> {
			if (this.phase == Phase.ENDING) {
				return;
			}
			this.staged.retain();
			this.retained = true;
			long stallNanos = this.transfer.settings().stallTimeout().toNanos();
			long period = Math.max(1_000_000, Math.min(LONGEST_TICK.toNanos(), stallNanos / 8));
			this.tickNanos = now();
			this.ticks.update(this.transfer.threads()
				.timer()
				.schedulePeriodically(() -> this.mailbox.execute(this::tick), period, period, TimeUnit.NANOSECONDS));
			this.followers.start();
			this.disk.run("reading the partial file of an earlier transfer", this.log::takeOver, this::takenOver);
		});
	}

	/** Stops the transfer, of which no result is wanted any more. */
	void stop() {
		this.log.stop();
		this.mailbox.execute(() -> end(null, null));
	}

	private void takenOver(JournalContents left) {
		if (left.size() != null) {
			this.work.resume(left.size(),
					left.blocks().keySet().stream().map((index) -> block(left.size(), index)).toList());
			this.disk.writtenIs(this.work.written());
			this.progress.beginsAt(this.work.written());
			this.check.resume(left);
			this.followers.advance(this.work.frontier());
			logger.info("Model '{}': resuming with {} of {} bytes", this.plan.modelId(), this.work.written(),
					left.size());
			this.listener.resumed(this.work.written(), left.size());
		}
		this.phase = Phase.FETCHING;
		dispatch();
	}

	/** Gives work to the connections that have none. */
	private void dispatch() {
		while (this.phase == Phase.FETCHING) {
			if (this.work.isComplete()) {
				askForDigestsIfQuiet();
				return;
			}
			if (this.live.size() >= (this.several ? this.transfer.connections() : 1)) {
				return;
			}
			long now = now();
			MirrorState mirror = this.mirrors.select(now, this.whenServed);
			if (mirror == null) {
				awaitMirror(now);
				return;
			}
			if (!this.check.isProvable(mirror)) {
				// Another origin may be about to bring its first byte.
				if (!this.live.isEmpty()) {
					return;
				}
				if (!this.check.areKept(mirror)) {
					beginAgain();
					return;
				}
			}
			// Read once: other transfers may change how their host is asked.
			FetchMode mode = mirror.mode();
			boolean all = mode != FetchMode.SEGMENTS || !this.check.isProvable(mirror);
			Segment segment = this.work.claim(all, now);
			if (segment == null) {
				if (this.live.isEmpty()) {
					fail(new IllegalStateException("nothing is left to fetch, and the file is not complete"));
					return;
				}
				if (this.parallel) {
					askForTails(now);
				}
				else {
					tryTail(mirror, mode, now);
				}
				return;
			}
			open(mirror, mode, segment);
		}
	}

	private void awaitMirror(long now) {
		OptionalLong wait = this.mirrors.nanosUntilNext(now);
		boolean failed = this.live.isEmpty() && this.progress.hasFailed();
		if (failed && (wait.isEmpty() || this.progress.isTooLongAgo(now + wait.getAsLong()))) {
			fail(this.progress.summary());
		}
		else if (wait.isPresent() && wait.getAsLong() > 0) {
			this.wake.update(this.transfer.threads()
				.timer()
				.schedule(() -> this.mailbox.execute(this::dispatch), wait.getAsLong(), TimeUnit.NANOSECONDS));
		}
	}

	private Fetch open(MirrorState mirror, FetchMode mode, Segment segment) {
		boolean compared = this.work.written() > 0 && !this.check.isProvable(mirror) && mode != FetchMode.WHOLE_FILE;
		RangeRequest request = this.adaptation.request(mirror, mode, segment,
				compared ? Math.min(COMPARED, segment.position()) : 0);
		BodyWriter writer = new BodyWriter(this, request, this.plan, segment.unfinished(), this.staged.channel(),
				this.transfer.threads(), this.transfer.bandwidth(), this.transfer.pieces());
		if (compared) {
			this.check.tellComparison(mirror);
			writer.compareUpTo(segment.position());
		}
		mirror.begin();
		int others = mirror.host().begin(this.whenServed, now());
		Fetch fetch = new Fetch(writer, mirror, mode, request, segment, others);
		this.live.put(writer, fetch);
		writer.open(this.transfer.clientFor(mirror.mirror()));
		return fetch;
	}

	/**
	 * The only connection gives its tail away when another one has been answered: a host
	 * may serve one connection, and never another one.
	 */
	private void tryTail(MirrorState mirror, FetchMode mode, long now) {
		Fetch only = this.live.values().iterator().next();
		if (this.live.size() == 1 && only.accepted && this.work.slowest(now) == only.segment) {
			open(mirror, mode, this.work.tailOf(only.segment, now)).donor = only;
		}
	}

	private void takeTail(Fetch fetch, Fetch donor) {
		if (this.live.containsKey(donor.writer)) {
			donor.segment.asked(true);
			donor.writer.askToShrink(fetch.segment.position());
		}
		else {
			fetch.writer.cancel();
		}
	}

	/** Begins to fetch a tail that was given away. */
	private void beginTail(Fetch fetch) {
		fetch.donor = null;
		if (fetch.response != null && this.work.claim(fetch.segment)) {
			start(fetch, fetch.response);
		}
		else {
			fetch.writer.cancel();
		}
	}

	private List<Fetch> waitingFor(Fetch donor) {
		return this.live.values().stream().filter((fetch) -> fetch.donor == donor).toList();
	}

	/** Connections without work take the tails of those that will be busy longest. */
	private void askForTails(long now) {
		long idle = this.transfer.connections() - this.live.size()
				- this.live.values().stream().filter((fetch) -> fetch.segment.isAsked()).count();
		for (; idle > 0; idle--) {
			Segment slowest = this.work.slowest(now);
			if (slowest == null) {
				return;
			}
			slowest.asked(true);
			this.live.values()
				.stream()
				.filter((fetch) -> fetch.segment == slowest)
				.forEach((fetch) -> fetch.writer.askToShrink(WorkMap.middle(slowest)));
		}
	}

	@Override
	public void shrunk(BodyWriter writer, long end) {
		this.mailbox.executeHere(() -> {
			Fetch fetch = this.live.get(writer);
			if (fetch != null) {
				fetch.segment.asked(false);
				this.work.shrink(fetch.segment, end);
				waitingFor(fetch).stream().filter((tail) -> tail.accepted).forEach(this::beginTail);
				dispatch();
			}
		});
	}

	@Override
	public void opened(BodyWriter writer, RangeResponse response) {
		this.mailbox.execute(() -> {
			Fetch fetch = this.live.get(writer);
			if (fetch != null && this.phase == Phase.FETCHING) {
				fetch.response = response;
				accept(fetch, response);
			}
		});
	}

	@Override
	public void seen(BodyWriter writer) {
		this.mailbox.execute(() -> {
			Fetch fetch = this.live.get(writer);
			if (fetch != null && fetch.response != null && this.phase == Phase.FETCHING) {
				fetch.seen = true;
				accept(fetch, fetch.response);
			}
		});
	}

	/** Compares an answer with what is known, before any of its bytes is taken. */
	private void accept(Fetch fetch, RangeResponse response) {
		try {
			boolean shared = this.live.size() > 1;
			this.adaptation.tryRangesAgain(fetch, response);
			if (this.check.isFromTheFirstByte(fetch, response)) {
				if (this.work.written() > 0 && !fetch.seen) {
					if (!fetch.looking) {
						fetch.looking = true;
						fetch.writer.look();
					}
					return;
				}
				this.check.checkReplacement(fetch, response, shared, this.adaptation);
				this.wholeAnswer = fetch;
				beginAgain();
				return;
			}
			this.check.accept(fetch, response, shared);
		}
		catch (RequestFailedException ex) {
			if (ex.reason() != Reason.CHANGED || !restsOnOthers(fetch)) {
				fetch.writer.fail(ex);
			}
			return;
		}
		fetch.accepted = true;
		fetch.provedByHeader = this.check.isProvedByHeader(response);
		fetch.mirror.host().answered();
		this.adaptation.accepted(fetch);
		if (ResponseCheck.isRange(response)) {
			fetch.mirror.host().sentRange();
			boolean segments = this.live.size() > 1 || this.came == FetchMode.SEGMENTS;
			this.came = segments ? FetchMode.SEGMENTS : FetchMode.ONE_CONNECTION;
		}
		this.parallel |= this.live.values().stream().filter((other) -> other.accepted).count() > 1;
		boolean others = this.check.leavesWorkForOthers(fetch.mirror, response);
		fetch.missesBefore = fetch.mirror.pace().misses();
		this.disk.admit(this.work.size(), () -> {
			if (this.live.containsKey(fetch.writer) && this.phase == Phase.FETCHING) {
				if (fetch.donor != null) {
					takeTail(fetch, fetch.donor);
				}
				else {
					start(fetch, response);
				}
				this.several |= others;
				dispatch();
			}
		});
	}

	/**
	 * Returns whether all that is known of the file is what other mirrors have promised
	 * without sending a byte of it: which answer is wrong is seen when one of them has
	 * sent a byte, or has failed.
	 */
	private boolean restsOnOthers(Fetch fetch) {
		return this.work.written() == 0
				&& this.live.values().stream().anyMatch((other) -> other.accepted && other.mirror != fetch.mirror);
	}

	private void start(Fetch fetch, RangeResponse response) {
		Long size = this.work.size();
		long fileEnd = (size != null) ? size : ByteRange.OPEN;
		// Where the response does not say, the body ends where the file does.
		fetch.bodyEnd = (response.bodyEnd() != null) ? response.bodyEnd() : fileEnd;
		fetch.writer.start(response.start(), fetch.segment.position(), fetch.segment.end(), fetch.bodyEnd, fileEnd);
	}

	@Override
	public boolean mayWrite(long position) {
		return this.disk.mayWrite(position);
	}

	@Override
	public void landed(BodyWriter writer, long bytes, List<Block> whole) {
		this.mailbox.executeHere(() -> {
			Fetch fetch = this.live.get(writer);
			if (fetch == null) {
				throw new IllegalStateException("bytes were written by a connection that had ended");
			}
			boolean first = this.work.written() == 0;
			this.work.landed(fetch.segment, bytes);
			long written = this.work.written();
			fetch.mirror.count(bytes);
			fetch.bytes += bytes;
			if (!fetch.request.ranged()) {
				fetch.mirror.ladder().wholeFileComes();
			}
			this.disk.landed(written, whole, this.work.size());
			this.followers.advance(this.work.frontier());
			this.listener.written(fetch.mirror.mirror(), bytes, written);
			if (this.progress.rises(written, now())) {
				fetch.brought = true;
				boolean alone = fetch.mirror.isAlone();
				fetch.mirror.progressed();
				if (alone) {
					dispatch();
				}
			}
			if (fetch.provedByHeader && written >= LEAST_HEADER) {
				fetch.provedByHeader = false;
				lookAtHeader(fetch);
			}
			if (first) {
				List.copyOf(this.live.values()).forEach((other) -> {
					if (other.response != null && !other.accepted) {
						accept(other, other.response);
					}
				});
			}
		});
	}

	@Override
	public void ended(BodyWriter writer, @Nullable Throwable thrown) {
		// On another thread: meanwhile, the client gives the connection back.
		this.mailbox.execute(() -> {
			Fetch fetch = this.live.remove(writer);
			if (fetch == null) {
				return;
			}
			if (fetch == this.wholeAnswer) {
				this.wholeAnswer = null;
			}
			came(fetch.mirror, writer.takeArrived());
			fetch.mirror.end();
			fetch.mirror.host().ended(fetch.accepted, now());
			this.work.release(fetch.segment, writer.unfinished());
			waitingFor(fetch).forEach((tail) -> tail.writer.cancel());
			if (thrown instanceof RequestFailedException failed) {
				failed(fetch, failed);
			}
			else if (thrown != null) {
				fail(thrown);
			}
			else if (this.phase == Phase.FETCHING) {
				bodyEnded(fetch);
			}
			dispatch();
			proceed();
		});
	}

	private void bodyEnded(Fetch fetch) {
		if (fetch.bodyEnd == ByteRange.OPEN && this.work.size() == null) {
			if (fetch.response != null && this.check.isProvedByHeader(fetch.response)) {
				proveEnd(fetch, fetch.writer.bodyPosition());
				return;
			}
			this.work.sizeIs(fetch.writer.bodyPosition());
		}
		// Many small answers are as slow as one that trickles.
		if (!this.work.isComplete() && fetch.mirror.isTooSlow()) {
			failed(fetch, tooSlow(fetch.mirror.mirror()));
		}
	}

	/** The header of the file tells whether the connection ended where the file does. */
	private void proveEnd(Fetch fetch, long size) {
		this.phase = Phase.PREPARING;
		this.disk.run("reading the header", () -> FormatInspection.statedEnd(this.staged.channel()), (stated) -> {
			this.phase = Phase.FETCHING;
			try {
				this.check.proveEnd(fetch.mirror, stated, size);
				this.work.sizeIs(size);
			}
			catch (RequestFailedException ex) {
				failed(fetch, ex);
			}
			dispatch();
		});
	}

	/** Fails early where the header of the file will not tell where it ends. */
	private void lookAtHeader(Fetch fetch) {
		this.disk.run("reading the header", () -> FormatInspection.statedEnd(this.staged.channel()), (stated) -> {
			try {
				this.check.proveEnd(fetch.mirror, stated, 0);
			}
			catch (RequestFailedException ex) {
				fetch.writer.fail(ex);
			}
		});
	}

	/**
	 * Takes note of a failed request. One that shows how its host is to be asked is not
	 * counted. A mirror that contradicts the others is left out; a lone one that
	 * contradicts itself makes the file begin again.
	 */
	private void failed(Fetch fetch, RequestFailedException failed) {
		if (!fetch.passedOver) {
			this.listener.failed(failed);
			fetch.mirror.goodput().failed();
		}
		boolean promised = fetch.accepted && this.work.written() == 0
				&& this.live.values().stream().noneMatch((other) -> other.accepted);
		if (this.phase == Phase.FETCHING && this.adaptation.follows(fetch, failed)) {
			if (promised) {
				beginAgain();
			}
			return;
		}
		this.progress.failed(failed);
		boolean contradicts = failed.reason() == Reason.CHANGED && this.work.written() > 0;
		boolean others = this.plan.file().expected() != null && this.mirrors.hasOther(fetch.mirror);
		if (contradicts && others) {
			fetch.mirror.drop();
		}
		else {
			this.adaptation.count(fetch, failed);
		}
		if (this.mirrors.nanosUntilNext(now()).isPresent()) {
			this.listener.retrying(failed);
		}
		if (((contradicts && !others) || promised) && this.phase == Phase.FETCHING) {
			beginAgain();
		}
	}

	private static void came(MirrorState mirror, long bytes) {
		mirror.pace().came(bytes);
		mirror.goodput().came(bytes);
	}

	/** A connection that is not wanted any more ends with its block. */
	private void askToEnd(Fetch fetch) {
		long end = (fetch.segment.position() / WorkMap.BLOCK + 1) * WorkMap.BLOCK;
		if (!fetch.segment.isAsked() && end < fetch.segment.end() && fetch.segment.end() != ByteRange.OPEN) {
			fetch.segment.asked(true);
			fetch.writer.askToShrink(end);
		}
	}

	private void tick() {
		long now = now();
		Duration usual = this.transfer.settings().stallTimeout();
		boolean patient = !this.progress.isTooLongAgo(now);
		for (MirrorState mirror : this.mirrors.all()) {
			List<Fetch> own = this.live.values().stream().filter((fetch) -> fetch.mirror == mirror).toList();
			own.forEach((fetch) -> came(mirror, fetch.writer.takeArrived()));
			if (own.stream().anyMatch((fetch) -> fetch.writer.wantsBytes())) {
				// Of a longer pause, the longer time-out is the only limit.
				if (!own.stream().allMatch((fetch) -> fetch.writer.isStalled(now, usual.toNanos()))) {
					mirror.pace().passed(now - this.tickNanos);
				}
				if (mirror.goodput().passed(now - this.tickNanos, own.size())) {
					logger.info(
							"Model '{}': {} is faster with {} instead of {} connections; this download uses no more",
							this.plan.modelId(), mirror.mirror(), mirror.goodput().most(), mirror.goodput().before());
				}
				own.stream().skip(mirror.goodput().most()).forEach(this::askToEnd);
			}
			else {
				mirror.goodput().notWanted();
			}
			Duration stall = patient ? mirror.stallTimeout(usual) : usual;
			for (Fetch fetch : own) {
				if (fetch.writer.isStalled(now, stall.toNanos())) {
					fetch.writer.fail(new RequestFailedException(Reason.STALLED, mirror.mirror(),
							"sent no data for " + stall.toMillis() + " ms", null));
				}
				else if (fetch.writer.isStarted() && mirror.pace().misses() != fetch.missesBefore) {
					fetch.writer.fail(tooSlow(mirror.mirror()));
				}
			}
		}
		this.tickNanos = now;
		dispatch();
	}

	private RequestFailedException tooSlow(Mirror mirror) {
		return new RequestFailedException(Reason.TOO_SLOW, mirror,
				"sent fewer than " + this.transfer.settings().minSpeed().toBytes()
						+ " bytes per second for a minute (hooks.llm.download.min-speed)",
				null);
	}

	/** Makes the file empty, and begins again with whatever version its servers have. */
	private void beginAgain() {
		rewind(() -> this.disk.run("starting the file again", () -> {
			this.log.clear();
			return true;
		}, (cleared) -> {
			this.work.restart();
			this.check.forget();
			this.came = FetchMode.WHOLE_FILE;
			this.disk.writtenIs(0);
			fetchAgain();
		}));
	}

	/** Stops all that is at work on the file, but for an answer that waits. */
	private void rewind(Runnable then) {
		this.phase = Phase.REWINDING;
		this.several = false;
		this.live.values()
			.stream()
			.filter((fetch) -> fetch != this.wholeAnswer)
			.forEach((fetch) -> fetch.writer.cancel());
		this.followers.close();
		this.whenQuiet = then;
		proceed();
	}

	private void fetchAgain() {
		this.phase = Phase.FETCHING;
		this.followers.start();
		this.followers.advance(this.work.frontier());
		Fetch first = this.wholeAnswer;
		this.wholeAnswer = null;
		if (first != null && first.response != null) {
			Segment all = this.work.claim(now());
			if (all == null) {
				throw new IllegalStateException("an empty file has work for every connection");
			}
			first.segment = all;
			accept(first, first.response);
		}
		dispatch();
	}

	private void askForDigestsIfQuiet() {
		if (this.live.isEmpty()) {
			this.phase = Phase.SETTLING;
			this.followers.complete(this.work.written(), this.mirrors.succeeded(), this.came, this::whole);
		}
	}

	/** Takes the result, or repairs it where its digest is wrong. */
	private void whole(TransferResult came) {
		if (this.phase != Phase.SETTLING) {
			return;
		}
		if (this.plan.file().expected() == null || came.is(this.plan.file().expected())) {
			this.adaptation.wasRight(came.mirror(), this.mirrors);
			end(came, null);
		}
		else {
			TransferResult wrong = namingTheCoding(came);
			this.wrong = wrong;
			if (this.repair == null) {
				this.repair = new Repair(this.plan.modelId(), this.disk, this.log, this.mirrors);
			}
			this.repair.next((blocks) -> {
				if (blocks.isEmpty()) {
					end(wrong, null);
				}
				else {
					reopen(blocks);
				}
			});
		}
	}

	/** A digest that the bytes of a coding have must not be recommended. */
	private TransferResult namingTheCoding(TransferResult came) {
		return this.mirrors.all()
			.stream()
			.filter((mirror) -> mirror.mirror().equals(came.mirror()))
			.map((mirror) -> mirror.ladder().encoded())
			.flatMap(Stream::ofNullable)
			.map((encoded) -> came.failing(Failures.summarize(this.plan.modelId(), List.of(encoded))))
			.findFirst()
			.orElse(came);
	}

	private void reopen(Collection<Long> blocks) {
		rewind(() -> {
			this.work.reopen(blocks.stream().map((index) -> block(this.work.written(), index)).toList());
			this.disk.writtenIs(this.work.written());
			fetchAgain();
		});
	}

	private static ByteRange block(long size, long index) {
		return new ByteRange(index * WorkMap.BLOCK, Math.min(size, (index + 1) * WorkMap.BLOCK));
	}

	/** A repair that fails leaves the wrong digest to those who will compare it. */
	private void fail(Throwable thrown) {
		boolean ofMirrors = thrown instanceof ModelCacheException && !(thrown instanceof ModelStorageException);
		if (this.wrong != null && ofMirrors) {
			end(this.wrong, null);
		}
		else {
			end(null, thrown);
		}
	}

	/** Ends the transfer when nothing is at work on the file any more. */
	private void end(@Nullable TransferResult came, @Nullable Throwable thrown) {
		if (this.phase == Phase.ENDING) {
			return;
		}
		this.phase = Phase.ENDING;
		this.wholeAnswer = null;
		this.mirrors.all().forEach((mirror) -> mirror.host().leave(this.whenServed));
		this.disk.close();
		this.wake.dispose();
		this.ticks.dispose();
		this.live.keySet().forEach(BodyWriter::cancel);
		this.followers.close();
		this.whenQuiet = () -> this.disk.last(thrown, this.work.size(), (meaning) -> giveBack(came, meaning));
		proceed();
	}

	/** The only place where the file changes hands. */
	private void proceed() {
		Runnable next = this.whenQuiet;
		boolean quiet = this.disk.areDone() && this.followers.haveLeft()
				&& this.live.size() == ((this.wholeAnswer != null) ? 1 : 0);
		if (next != null && quiet) {
			this.whenQuiet = null;
			next.run();
		}
	}

	private void giveBack(@Nullable TransferResult came, @Nullable Throwable thrown) {
		if (this.retained) {
			this.staged.release();
		}
		if (came != null) {
			this.caller.success(came);
		}
		else if (thrown != null) {
			this.caller.error(FailureBoundary.asException("transferring the file", thrown));
		}
	}

	/** What the transfer is about. */
	private enum Phase {

		/** What an earlier transfer left is read, or the header of what has come. */
		PREPARING,
		/** Connections fetch what is missing. */
		FETCHING,
		/** All that is at work on the file stops, so that it can begin again. */
		REWINDING,
		/**
		 * All bytes are there; the followers read the last ones, or what is wrong is
		 * sought.
		 */
		SETTLING,
		/** All that is at work on the file stops for good. */
		ENDING

	}

}
