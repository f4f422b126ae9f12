package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.CancellationException;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.content.DecompressedContent;
import dev.modelcache.internal.content.DecompressionPlan;
import dev.modelcache.internal.content.DecompressionTarget;
import dev.modelcache.internal.content.StreamingDecompression;
import dev.modelcache.internal.content.StreamingDigest;
import dev.modelcache.internal.store.StagedFile;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Who reads a file while it arrives: its digest, and its decompression where it is a
 * compressed one.
 * <p>
 * <em>Thread-safety</em>: guarded by the {@link TransferRun} it belongs to.
 */
final class Followers {

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final TransferThreads threads;

	private final Runnable advanced;

	private final Sinks.One<Void> failure = Sinks.one();

	private StreamingDigest digest;

	private @Nullable StreamingDecompression decompression;

	Followers(DownloadPlan plan, StagedFile staged, TransferThreads threads, Runnable advanced) {
		this.advanced = advanced;
		this.plan = plan;
		this.staged = staged;
		this.threads = threads;
		this.digest = startDigest();
		this.decompression = startDecompression();
	}

	private StreamingDigest startDigest() {
		return StreamingDigest.start(this.staged.channel(), this.plan.algorithms(), this.threads.hashing(),
				this.advanced);
	}

	private @Nullable StreamingDecompression startDecompression() {
		DecompressionPlan wanted = this.plan.decompression();
		if (wanted == null) {
			return null;
		}
		StreamingDecompression started = StreamingDecompression.start(wanted, this.staged.channel(),
				new ContentOf(this.staged, this.advanced), this.threads.hashing());
		started.failure().subscribe(null, this::failed);
		return started;
	}

	/** With another mirror and a digest, wrong bytes may yet be mended. */
	private void failed(Throwable problem) {
		boolean mendable = this.plan.file().expected() != null && this.plan.file().mirrors().size() > 1;
		if (!(problem instanceof CancellationException) && !(isOfBytes(problem) && mendable)) {
			this.failure.tryEmitError(problem);
		}
	}

	private static boolean isOfBytes(Throwable problem) {
		return problem instanceof ModelIntegrityException || problem instanceof ModelFormatException;
	}

	/**
	 * Waits for a failure that no further byte can mend.
	 * @return never completes; fails with it
	 */
	Mono<Void> failure() {
		return this.failure.asMono().doOnError(Followers::isOfBytes, (problem) -> this.staged.discard());
	}

	/** Says how far the file is there without a gap. */
	void advance(long position) {
		this.digest.advance(position);
		if (this.decompression != null) {
			this.decompression.advance(position);
		}
	}

	/** Begins at the first byte again: what was read may have changed. */
	void restart() {
		close();
		this.digest = startDigest();
		this.decompression = startDecompression();
	}

	/**
	 * Says that the file is whole, and waits for its digests and its content.
	 * @param size its size
	 * @param sender who sent its last byte
	 * @return what came; fails with {@link ModelIntegrityException} if that is nothing
	 */
	Mono<TransferResult> result(long size, MirrorState sender) {
		return this.digest.complete()
			.zipWith(content(),
					(digests, content) -> new TransferResult(size, digests, sender.mirror(), sender.validator(),
							content.content(), content.failure()))
			.doOnNext(this::refuseEmpty);
	}

	private void refuseEmpty(TransferResult result) {
		if (result.isEmpty() && !result.is(this.plan.file().expected())) {
			throw new ModelIntegrityException(this.plan.modelId(), result.mirror() + " sent an empty file",
					"Check what stands at that URL, or configure a mirror or fallback-url");
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

	/** Sends them away. When this returns, nothing is written any more. */
	void close() {
		this.digest.close();
		if (this.decompression != null) {
			this.decompression.close();
		}
	}

	/**
	 * What came of a compressed file, or why nothing did.
	 */
	private record Content(@Nullable DecompressedContent content, @Nullable ModelCacheException failure) {

	}

	/**
	 * The content's place beside the staged file.
	 */
	private record ContentOf(StagedFile compressed, Runnable advance) implements DecompressionTarget {

		@Override
		public void advanced() {
			this.advance.run();
		}

		@Override
		public FileChannel channel() {
			return this.compressed.content().channel();
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
