/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.FormatVerification;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.content.WebPage;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.transfer.Segment.Block;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One connection: sends a request, and writes the body of its answer where it belongs in
 * the file. It is the subscriber of the body, from the moment the answer arrives, and
 * asks for its first byte when the {@link Coordinator} has accepted the answer.
 * <p>
 * <em>Thread-safety</em>: all methods; what is written is written by tasks one after the
 * other. Its owner gets messages in their order, of which {@code ended} is the last: the
 * file is not touched after it. <em>Buffers</em>: every one that arrives is released
 * here, whatever happens. <em>Memory</em>: as many pieces as are asked for, since a
 * further one is asked for when one is written. <em>Blocking</em>: none for its callers.
 */
final class BodyWriter implements CoreSubscriber<DataBuffer> {

	private static final long UNKNOWN = Long.MIN_VALUE;

	private final Owner owner;

	private final RangeRequest request;

	private final DownloadPlan plan;

	private final FileChannel file;

	private final TransferThreads threads;

	private final Bandwidth bandwidth;

	private final int pieces;

	private final SerialTasks tasks;

	private final AtomicReference<@Nullable Subscription> body = new AtomicReference<>();

	private final Disposable.Swap exchange = Disposables.swap();

	/** How the consumer of the answer ends, which is what the client waits for. */
	private final Sinks.Empty<Void> consumed = Sinks.empty();

	/** How many pieces were asked for and have not come. */
	private final AtomicLong wanted = new AtomicLong();

	/** How many bytes came since the last time that the owner asked. */
	private final AtomicLong arrived = new AtomicLong();

	private volatile long lastNanos;

	private volatile boolean answered;

	private volatile boolean started;

	/** No piece comes any more, though some may wait to be written. */
	private volatile boolean arrivedWhole;

	/** Nothing is written any more. */
	private volatile boolean ending;

	// All that follows belongs to the tasks.

	private final Deque<DataBuffer> held;

	private long position;

	private long end;

	/** What comes before the first wanted byte is on disk, and must be the same. */
	private boolean compared;

	private long fileEnd = ByteRange.OPEN;

	private long bodyPosition;

	private long bodyEnd = ByteRange.OPEN;

	private @Nullable Block block;

	/** The owner waits for the first bytes of the body. */
	private boolean looking;

	private boolean shrunk;

	private int consumedPieces;

	private long mayPassNanos = UNKNOWN;

	private boolean delayed;

	private boolean bodyComplete;

	private @Nullable Exception bodyFailure;

	private boolean ended;

	/**
	 * Creates a connection for one request.
	 * @param owner is told what happens
	 * @param request what to ask for
	 * @param plan what the file is
	 * @param unfinished the block in the middle of which the range begins, or
	 * {@code null}
	 * @param file where bytes go
	 * @param threads where the work is done
	 * @param bandwidth when bytes may pass
	 * @param pieces how many pieces to hold at most
	 */
	BodyWriter(Owner owner, RangeRequest request, DownloadPlan plan, @Nullable Block unfinished, FileChannel file,
			TransferThreads threads, Bandwidth bandwidth, int pieces) {
		this.owner = owner;
		this.request = request;
		this.plan = plan;
		this.block = unfinished;
		this.file = file;
		this.threads = threads;
		this.bandwidth = bandwidth;
		this.pieces = pieces;
		this.held = new ArrayDeque<>(pieces);
		this.tasks = new SerialTasks(threads.io()::schedule,
				(failure) -> fail(FailureBoundary.asException("writing data from " + mirror(), failure)));
		this.position = request.range().start();
		this.bodyPosition = this.position;
		this.end = request.range().end();
		this.lastNanos = now();
	}

	private Mirror mirror() {
		return this.request.mirror();
	}

	private long now() {
		return this.threads.timer().now(TimeUnit.NANOSECONDS);
	}

	/** Sends the request. */
	void open(RangeClient client) {
		this.exchange.update(FailureBoundary
			.around("requesting " + mirror(), Mono.defer(() -> client.exchange(this.request, this, this::receive)))
			.subscribe(null, (failure) -> this.tasks.execute(() -> exchangeFailed(failure)),
					() -> this.tasks.execute(this::exchangeEnded)));
	}

	private Mono<Void> receive(RangeResponse response) {
		if (this.answered) {
			return Mono.error(new IllegalStateException("a second answer to one request"));
		}
		this.answered = true;
		this.owner.opened(this, response);
		return this.consumed.asMono();
	}

	/**
	 * Has the bytes before the first wanted one compared with those on disk. Only before
	 * the request is sent.
	 */
	void compareUpTo(long first) {
		this.compared = true;
		this.position = first;
	}

	/**
	 * Looks at the first bytes of a body that is all of the file, before it is accepted,
	 * and tells the owner if they may be the file's.
	 */
	void look() {
		this.tasks.execute(() -> {
			if (!this.ending) {
				this.bodyPosition = 0;
				this.looking = true;
				request(1);
				flush();
			}
		});
	}

	/**
	 * Begins to take the body of the accepted answer.
	 * @param from where it begins in the file
	 * @param first the first byte that is wanted
	 * @param segmentEnd up to where its bytes are wanted
	 * @param endOfBody where it should end; {@link ByteRange#OPEN} if that is not known
	 * @param endOfFile where the file ends, or {@link ByteRange#OPEN}
	 */
	void start(long from, long first, long segmentEnd, long endOfBody, long endOfFile) {
		this.tasks.execute(() -> {
			if (!this.ending) {
				if (first != this.position) {
					this.block = null;
				}
				this.position = first;
				this.bodyPosition = from;
				this.end = this.shrunk ? Math.min(this.end, segmentEnd) : segmentEnd;
				this.bodyEnd = endOfBody;
				this.fileEnd = endOfFile;
				this.started = true;
				request(this.pieces);
				flush();
			}
		});
	}

	/**
	 * Asks whether the bytes from a border of blocks on may be fetched by another one.
	 */
	void askToShrink(long newEnd) {
		this.tasks.execute(() -> {
			if (!this.ending) {
				if (newEnd >= this.position && newEnd < this.end) {
					this.end = newEnd;
					this.shrunk = true;
				}
				this.owner.shrunk(this, this.end);
				flush();
			}
		});
	}

	/** The owner lets it write again. */
	void resume() {
		this.tasks.execute(this::flush);
	}

	/** Ends the request, which failed. */
	void fail(RequestFailedException failure) {
		this.tasks.execute(() -> fail((Exception) failure));
	}

	/** Ends the request, without a failure. */
	void cancel() {
		this.ending = true;
		this.tasks.execute(() -> {
			close();
			this.exchange.dispose();
			ended(null);
		});
	}

	/** Returns whether bytes or an answer are waited for. */
	boolean wantsBytes() {
		return !this.ending && !this.arrivedWhole && (!this.answered || this.wanted.get() > 0);
	}

	boolean isStarted() {
		return this.started;
	}

	/** Returns since when no byte has come that was wanted. */
	boolean isStalled(long nowNanos, long timeoutNanos) {
		return !this.arrivedWhole && this.wanted.get() > 0 && nowNanos - this.lastNanos > timeoutNanos;
	}

	/** Returns how many bytes came since this was last called. */
	long takeArrived() {
		return this.arrived.getAndSet(0);
	}

	@Override
	public void onSubscribe(Subscription subscription) {
		if (!this.body.compareAndSet(null, subscription) || this.ending) {
			subscription.cancel();
		}
	}

	@Override
	public void onNext(DataBuffer buffer) {
		this.lastNanos = now();
		this.arrived.addAndGet(buffer.readableByteCount());
		this.wanted.decrementAndGet();
		this.tasks.execute(() -> take(buffer));
	}

	@Override
	public void onError(Throwable failure) {
		this.arrivedWhole = true;
		this.tasks.execute(() -> {
			this.bodyFailure = FailureBoundary.asException("reading data from " + mirror(), failure);
			flush();
		});
	}

	@Override
	public void onComplete() {
		this.arrivedWhole = true;
		this.tasks.execute(() -> {
			this.bodyComplete = true;
			flush();
		});
	}

	private void request(int more) {
		Subscription subscription = this.body.get();
		if (subscription != null) {
			if (this.wanted.get() == 0) {
				this.lastNanos = now();
			}
			this.wanted.addAndGet(more);
			subscription.request(more);
		}
	}

	private void take(DataBuffer buffer) {
		if (this.ending) {
			DataBufferUtils.release(buffer);
			return;
		}
		this.held.add(buffer);
		flush();
	}

	/** Goes on as far as it may. */
	private void flush() {
		if (this.looking && (this.bodyComplete || !this.held.isEmpty())) {
			this.looking = false;
			if (!this.held.isEmpty()) {
				// Whatever is verified later, what is there is not given up for a page.
				refusePage(this.held.element(), this.plan.file().name().last());
			}
			this.owner.seen(this);
		}
		try {
			while (this.started && !isSatisfied() && !this.held.isEmpty() && !this.ending
					&& this.owner.mayWrite(this.position) && mayPass(this.held.element().readableByteCount())) {
				write(this.held.remove());
				if (++this.consumedPieces > this.pieces / 2) {
					request(this.consumedPieces);
					this.consumedPieces = 0;
				}
			}
		}
		catch (IOException ex) {
			fail(ex);
		}
		if (this.started && !this.ending) {
			if (isSatisfied() || (this.bodyComplete && this.held.isEmpty())) {
				complete();
			}
		}
		if (this.bodyFailure != null && this.held.isEmpty() && !this.ending) {
			failThroughClient(this.bodyFailure);
		}
	}

	/** Returns whether the rest of the body is not wanted: others fetch it. */
	private boolean isSatisfied() {
		return this.position >= this.end && this.bodyPosition < this.bodyEnd;
	}

	private boolean mayPass(int bytes) {
		if (this.mayPassNanos == UNKNOWN) {
			this.mayPassNanos = this.bandwidth.reserve(bytes);
		}
		long left = this.mayPassNanos - now();
		if (left <= 0) {
			this.mayPassNanos = UNKNOWN;
			return true;
		}
		if (!this.delayed) {
			this.delayed = true;
			this.threads.timer().schedule(() -> this.tasks.execute(() -> {
				this.delayed = false;
				flush();
			}), left, TimeUnit.NANOSECONDS);
		}
		return false;
	}

	/** Writes a buffer and releases it; what the segment does not take is dropped. */
	private void write(DataBuffer buffer) throws IOException {
		long before = this.position;
		List<Block> whole = new ArrayList<>(1);
		try {
			check(buffer);
			long at = this.bodyPosition;
			this.bodyPosition += buffer.readableByteCount();
			try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
				while (parts.hasNext() && this.position < this.end) {
					ByteBuffer part = parts.next();
					long partEnd = at + part.remaining();
					passOver(part, at);
					if (part.hasRemaining()) {
						write(part, whole);
					}
					at = partEnd;
				}
			}
		}
		finally {
			DataBufferUtils.release(buffer);
		}
		if (this.position > before) {
			this.owner.landed(this, this.position - before, whole);
		}
	}

	private void check(DataBuffer buffer) {
		if (buffer.readableByteCount() > this.bodyEnd - this.bodyPosition) {
			throw new RequestFailedException(Reason.LONG_BODY, mirror(),
					"sent bytes beyond byte " + this.bodyEnd + ", the end that it announced", null);
		}
		if (this.bodyPosition == 0 && this.plan.formats() != FormatVerification.OFF) {
			refusePage(buffer,
					(this.plan.formats() == FormatVerification.STRICT) ? this.plan.file().name().last() : "");
		}
	}

	private void refusePage(DataBuffer beginning, String fileName) {
		try (DataBuffer.ByteBufferIterator parts = beginning.readableByteBuffers()) {
			String page = parts.hasNext() ? WebPage.describe(parts.next(), fileName) : null;
			if (page != null) {
				throw new RequestFailedException(Reason.NOT_A_MODEL, mirror(), "sent " + page + " instead of a model",
						null);
			}
		}
	}

	/** Leaves out the bytes before the first one that is wanted. */
	private void passOver(ByteBuffer part, long at) throws IOException {
		int length = (int) Math.min(part.remaining(), Math.max(0, this.position - at));
		if (this.compared && length > 0) {
			ByteBuffer known = ByteBuffer.allocate(length);
			while (known.hasRemaining() && this.file.read(known, at + known.position()) > 0) {
				// A read may bring less than was asked for.
			}
			if (!known.flip().equals(part.slice(part.position(), length))) {
				throw new RequestFailedException(Reason.CHANGED, mirror(),
						"now sends other bytes before byte " + this.position + " than it did", null);
			}
		}
		part.position(part.position() + length);
	}

	private void write(ByteBuffer part, List<Block> whole) throws IOException {
		part.limit(part.position() + (int) Math.min(part.remaining(), this.end - this.position));
		int from = part.position();
		long start = this.position;
		long at = start;
		while (part.hasRemaining()) {
			at += this.file.write(part, at);
		}
		while (this.position < at) {
			long blockEnd = Math.min(this.fileEnd, (this.position / WorkMap.BLOCK + 1) * WorkMap.BLOCK);
			int length = (int) (Math.min(at, blockEnd) - this.position);
			if (this.position % WorkMap.BLOCK == 0) {
				this.block = new Block(this.position / WorkMap.BLOCK);
			}
			if (this.block != null) {
				this.block.update(part.slice(from + (int) (this.position - start), length), mirror());
			}
			this.position += length;
			if (this.position == blockEnd && this.block != null) {
				whole.add(this.block);
				this.block = null;
			}
		}
	}

	private void complete() {
		if (this.bodyEnd != ByteRange.OPEN && this.bodyPosition < this.bodyEnd && this.position < this.end) {
			failThroughClient(new RequestFailedException(Reason.SHORT_BODY, mirror(),
					"ended the body at byte " + this.bodyPosition + " of " + this.bodyEnd, null));
			return;
		}
		close();
		this.consumed.tryEmitEmpty();
		ended(null);
	}

	private void fail(Exception failure) {
		if (failure instanceof RequestFailedException && this.answered) {
			failThroughClient(failure);
		}
		else {
			close();
			this.exchange.dispose();
			ended(failure);
		}
	}

	/** The client tells what a broken body means, and forgets where it was sent from. */
	private void failThroughClient(Exception failure) {
		if (!this.ending) {
			close();
			this.consumed.tryEmitError(failure);
		}
	}

	private void exchangeFailed(Throwable failure) {
		close();
		ended(failure);
	}

	private void exchangeEnded() {
		close();
		ended(new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror(), "ended without a body", null));
	}

	private void close() {
		this.ending = true;
		this.held.forEach(DataBufferUtils::release);
		this.held.clear();
		Subscription subscription = this.body.get();
		if (subscription != null) {
			subscription.cancel();
		}
	}

	private void ended(@Nullable Throwable failure) {
		if (!this.ended) {
			this.ended = true;
			this.owner.ended(this, failure);
		}
	}

	/** Returns where in the file the body has ended. Only after the end. */
	long bodyPosition() {
		return this.bodyPosition;
	}

	/** Returns the block that is not finished. Only after the end. */
	@Nullable Block unfinished() {
		return this.block;
	}

	/**
	 * Whom a connection belongs to. All methods are called by its tasks, but for
	 * {@code opened}, which the client's thread calls.
	 */
	interface Owner {

		/** The head of the answer is there, its body waits. */
		void opened(BodyWriter writer, RangeResponse response);

		/** The first bytes of the body may be those of the file. */
		void seen(BodyWriter writer);

		/**
		 * Bytes are on disk.
		 * @param writer who wrote them
		 * @param bytes how many
		 * @param whole the blocks that they finish
		 */
		void landed(BodyWriter writer, long bytes, List<Block> whole);

		/** Answers the request for a segment's tail: the segment ends here now. */
		void shrunk(BodyWriter writer, long end);

		/** The connection has ended; the failure is null if it did what it should. */
		void ended(BodyWriter writer, @Nullable Throwable failure);

		/** Returns whether bytes may be written now; if not, it is resumed later. */
		boolean mayWrite(long position);

	}

}
