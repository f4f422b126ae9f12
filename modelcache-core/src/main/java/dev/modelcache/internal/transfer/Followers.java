/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.content.DecompressedContent;
import dev.modelcache.internal.content.DecompressionTarget;
import dev.modelcache.internal.content.StreamingDecompression;
import dev.modelcache.internal.content.StreamingDigest;
import dev.modelcache.internal.store.StagedFile;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

/**
 * The readers that process a file while it is downloaded: its digest, and its
 * decompression where it is a compressed one. They have threads of their own; what they
 * have to say comes as tasks of the {@link Coordinator}, which owns this.
 */
final class Followers {

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final TransferThreads threads;

	private final TransferListener listener;

	private final Executor coordinator;

	private final Consumer<Throwable> failed;

	private final Runnable left;

	private @Nullable StreamingDigest digest;

	private @Nullable StreamingDecompression decompression;

	private int reading;

	private boolean whole;

	/**
	 * Creates it, without a reader.
	 * @param plan what is fetched
	 * @param staged where to
	 * @param threads where the readers run
	 * @param listener is told of what they have read
	 * @param coordinator runs the following two
	 * @param failed takes a failure that no further byte can mend
	 * @param left run when a reader has left the file
	 */
	Followers(DownloadPlan plan, StagedFile staged, TransferThreads threads, TransferListener listener,
			Executor coordinator, Consumer<Throwable> failed, Runnable left) {
		this.plan = plan;
		this.staged = staged;
		this.threads = threads;
		this.listener = listener;
		this.coordinator = coordinator;
		this.failed = failed;
		this.left = left;
	}

	/** Starts reading at the first byte. Readers from before must have left. */
	void start() {
		this.whole = false;
		StreamingDigest started = StreamingDigest.start(this.staged.channel(), this.plan.algorithms(),
				this.threads.hashing(), this.listener::advanced);
		this.digest = started;
		watch(started.stopped());
		if (this.plan.decompression() != null) {
			StreamingDecompression unfolding = StreamingDecompression.start(this.plan.decompression(),
					this.staged.channel(), new ContentOf(this.staged, this.listener), this.threads.hashing());
			this.decompression = unfolding;
			unfolding.failure().subscribe(null, (failure) -> this.coordinator.execute(() -> failed(failure)));
			watch(unfolding.stopped());
		}
	}

	private void watch(Mono<Void> stopped) {
		this.reading++;
		stopped.subscribe(null, (failure) -> this.coordinator.execute(() -> {
			failed(failure);
			left();
		}), () -> this.coordinator.execute(this::left));
	}

	private void left() {
		this.reading--;
		this.left.run();
	}

	/**
	 * With another mirror and a digest, wrong bytes may yet be mended. What is wrong with
	 * the bytes of a whole file is part of its result, beside its digests.
	 */
	private void failed(Throwable problem) {
		boolean mendable = this.plan.file().expected() != null && this.plan.file().mirrors().size() > 1;
		if (problem instanceof CancellationException || (isOfBytes(problem) && (mendable || this.whole))) {
			return;
		}
		if (isOfBytes(problem)) {
			this.staged.discard();
		}
		this.failed.accept(problem);
	}

	private static boolean isOfBytes(Throwable problem) {
		return problem instanceof ModelIntegrityException || problem instanceof ModelFormatException;
	}

	/** Says how far the file is there without a gap. */
	void advance(long position) {
		if (this.digest != null) {
			this.digest.advance(position);
		}
		if (this.decompression != null) {
			this.decompression.advance(position);
		}
	}

	/**
	 * Says that the file is whole, and waits for its digests and its content.
	 * @param size its size
	 * @param sender who sent most of it
	 * @param mode how it was fetched
	 * @param done takes what came
	 */
	void complete(long size, MirrorState sender, FetchMode mode, Consumer<TransferResult> done) {
		StreamingDigest running = this.digest;
		if (running == null) {
			throw new IllegalStateException("the file is not read");
		}
		this.whole = true;
		running.complete()
			.zipWith(content(),
					(digests, content) -> new TransferResult(size, digests, sender.mirror(), sender.validator(),
							sender.fileName(), content.content(), content.failure(), mode))
			.doOnNext(this::refuseEmpty)
			.subscribe((result) -> this.coordinator.execute(() -> done.accept(result)),
					(failure) -> this.coordinator.execute(() -> this.failed.accept(failure)));
	}

	private void refuseEmpty(TransferResult result) {
		if (result.isEmpty() && !result.is(this.plan.file().expected())) {
			throw new ModelIntegrityException(this.plan.modelId(), result.mirror() + " sent an empty file",
					"Check what is at that URL, or configure a mirror or fallback-url");
		}
	}

	private Mono<Content> content() {
		if (this.decompression == null) {
			return Mono.just(new Content(null, null));
		}
		return this.decompression.complete()
			.map((content) -> new Content(content, null))
			.onErrorResume(Followers::isOfBytes,
					(problem) -> Mono.just(new Content(null, (ModelCacheException) problem)));
	}

	/** Stops the readers. They leave within the piece that they are working on. */
	void close() {
		if (this.digest != null) {
			this.digest.close();
		}
		if (this.decompression != null) {
			this.decompression.close();
		}
	}

	/** Returns whether all readers have left the file. */
	boolean haveLeft() {
		return this.reading == 0;
	}

	/**
	 * What came of a compressed file, or why nothing did.
	 */
	private record Content(@Nullable DecompressedContent content, @Nullable ModelCacheException failure) {

	}

	/**
	 * The content's place beside the staged file.
	 */
	private record ContentOf(StagedFile compressed, TransferListener listener) implements DecompressionTarget {

		@Override
		public void advanced() {
			this.listener.advanced();
		}

		@Override
		public FileChannel channel() {
			return this.compressed.content().channel();
		}

		@Override
		public void force(long bytes) throws IOException {
			this.listener.storing(bytes, this.compressed.content()::force);
		}

		@Override
		public void admit(long bytes) {
			try {
				this.compressed.content().admit(DataSize.ofBytes(bytes));
			}
			catch (ModelStorageException ex) {
				this.compressed.discard();
				throw ex;
			}
		}

	}

}
