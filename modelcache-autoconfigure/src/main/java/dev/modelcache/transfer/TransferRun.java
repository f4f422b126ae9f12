package dev.modelcache.transfer;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.content.StreamingDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Origin;
import dev.modelcache.store.StagedFile;
import dev.modelcache.transfer.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

/**
 * What one transfer knows while it goes on: how far it is, who sent what, and what
 * failed. Decides which response may continue the file and which must begin it again.
 * <p>
 * <em>Thread-safety</em>: requests follow each other, so its fields have one user at a
 * time; {@link #close()} may come from any thread.
 */
final class TransferRun {

	/** Enough to see a pattern; a server that resets for days must not fill the heap. */
	private static final int MOST_FAILURES_KEPT = 100;

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final TransferListener listener;

	private final TransferThreads threads;

	private final Segment segment = new Segment(ByteRange.from(0));

	private final SegmentWriter writer;

	private final Map<Origin, String> validators = new HashMap<>();

	private final List<RequestFailedException> failures = new ArrayList<>();

	private StreamingDigest digest;

	private @Nullable Mirror prefixFrom;

	private long highWater;

	TransferRun(DownloadPlan plan, StagedFile staged, TransferListener listener, TransferThreads threads) {
		this.plan = plan;
		this.staged = staged;
		this.listener = listener;
		this.threads = threads;
		this.writer = new SegmentWriter(staged.channel(), this.segment);
		this.digest = startDigest();
	}

	private StreamingDigest startDigest() {
		return StreamingDigest.start(this.staged.channel(), this.plan.algorithms(), this.threads.hashing());
	}

	DownloadPlan plan() {
		return this.plan;
	}

	long highWater() {
		return this.highWater;
	}

	List<RequestFailedException> failures() {
		return this.failures;
	}

	/**
	 * Returns the request that brings what is missing, if the bytes that are there can be
	 * told to belong to this mirror's file; else the one that begins again.
	 */
	RangeRequest nextRequest(Mirror mirror) {
		if (!this.failures.isEmpty()) {
			this.listener.retrying(this.failures.get(this.failures.size() - 1));
		}
		String validator = this.validators.get(mirror.origin());
		boolean sameOrigin = this.prefixFrom != null && this.prefixFrom.origin().equals(mirror.origin());
		boolean provable = this.plan.file().expected() != null || (sameOrigin && validator != null);
		if (this.segment.position() > 0 && !provable) {
			restart();
		}
		return new RangeRequest(mirror, this.segment.missing(), (this.segment.position() > 0) ? validator : null);
	}

	/** Compares a response with what is known, before any of its bytes is taken. */
	void accept(RangeResponse response, Mirror mirror) {
		if (response.start() != this.segment.position()) {
			// RFC 9110, section 14.2: a server may ignore Range and send the whole file.
			restart();
		}
		Long total = response.totalBytes();
		boolean knownEnd = !this.segment.range().isOpen();
		if (total != null && knownEnd && total != this.segment.range().end()) {
			throw changed(mirror, "says that the file has " + total + " bytes, after " + this.segment.range().end());
		}
		Long stated = this.plan.file().size();
		if (total != null && stated != null && !total.equals(stated)) {
			throw changed(mirror, "says that the file has " + total + " bytes, its source says " + stated);
		}
		String pinned = this.validators.get(mirror.origin());
		if (this.segment.position() > 0 && pinned != null && response.validator() != null
				&& !pinned.equals(response.validator())) {
			throw changed(mirror, "now has another version of the file");
		}
		if (total == null && stated == null && !response.endProven() && this.plan.file().expected() == null) {
			throw new RequestFailedException(Reason.UNPROVABLE, mirror,
					"sends neither a length nor chunks, so that nothing tells a whole body from a cut one;"
							+ " an expected-checksum would",
					null);
		}
		if (response.validator() != null) {
			this.validators.put(mirror.origin(), response.validator());
		}
		this.prefixFrom = mirror;
		if (total != null) {
			this.segment.endAt(total);
		}
		this.listener.answered(mirror, total);
	}

	private RequestFailedException changed(Mirror mirror, String problem) {
		restart();
		this.validators.remove(mirror.origin());
		return new RequestFailedException(Reason.CHANGED, mirror, problem, null);
	}

	private void restart() {
		this.digest.close();
		this.segment.restart();
		this.prefixFrom = null;
		this.digest = startDigest();
	}

	/** Checks that what is missing fits on the disk. */
	void admit() {
		long missing = this.segment.range().isOpen() ? 0 : this.segment.range().end() - this.segment.position();
		this.staged.admit(DataSize.ofBytes(missing));
	}

	/** Takes a buffer of the accepted response; releases it. */
	void take(DataBuffer buffer, Mirror mirror) {
		try {
			long written = this.writer.write(buffer, mirror);
			long position = this.segment.position();
			this.highWater = Math.max(this.highWater, position);
			this.digest.advance(position);
			this.listener.written(mirror, written, position);
		}
		catch (IOException ex) {
			throw this.staged.failure(ex);
		}
	}

	/** Checks that the accepted response brought all that it announced. */
	void bodyEnded(Mirror mirror) {
		if (!this.segment.range().isOpen() && !this.segment.isComplete()) {
			throw new RequestFailedException(Reason.SHORT_BODY, mirror,
					"ended the body at byte " + this.segment.position() + " of " + this.segment.range().end(), null);
		}
	}

	void failed(RequestFailedException failure) {
		if (this.failures.size() < MOST_FAILURES_KEPT) {
			this.failures.add(failure);
		}
		else {
			this.failures.set(MOST_FAILURES_KEPT - 1, failure);
		}
	}

	/** Returns the file's digests, once the last byte is hashed. */
	Mono<TransferResult> result(Mirror mirror) {
		long size = this.segment.position();
		Digest expected = (this.plan.file().expected() != null) ? this.plan.file().expected().digest() : null;
		return this.digest.complete().map((digests) -> {
			if (size == 0 && (expected == null || !digests.containsValue(expected))) {
				throw new ModelIntegrityException(this.plan.modelId(), mirror + " sent an empty file",
						"Check what stands at that URL, or configure a mirror or fallback-url");
			}
			return new TransferResult(size, digests, mirror, this.validators.get(mirror.origin()));
		}).onErrorMap(IOException.class, this.staged::failure);
	}

	/** Ends writing and hashing. When this returns, no write is under way. */
	void close() {
		this.writer.close();
		this.digest.close();
	}

}
