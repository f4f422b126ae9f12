package dev.modelcache.internal.transfer;

import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * One request of a transfer: which mirror is to bring which segment, and what came of it.
 * <p>
 * <em>Thread-safety</em>: guarded by the {@link TransferRun} it belongs to, but for its
 * writer, which has a lock of its own.
 */
final class Fetch {

	private final MirrorState mirror;

	private final int burst;

	private final RangeRequest request;

	private Segment segment;

	private volatile @Nullable SegmentWriter writer;

	private volatile boolean abandoned;

	private boolean brought;

	Fetch(MirrorState mirror, Segment segment, @Nullable String ifRange) {
		this.mirror = mirror;
		this.burst = mirror.burst();
		this.segment = segment;
		this.request = new RangeRequest(mirror.mirror(), new ByteRange(segment.position(), segment.end()), ifRange);
	}

	MirrorState state() {
		return this.mirror;
	}

	Mirror mirror() {
		return this.mirror.mirror();
	}

	RangeRequest request() {
		return this.request;
	}

	Segment segment() {
		return this.segment;
	}

	/** The server sends the file from another byte on than it was asked for. */
	void segment(Segment another) {
		this.segment = another;
	}

	/** Returns the writer of the accepted response. */
	SegmentWriter writer() {
		SegmentWriter accepted = this.writer;
		if (accepted == null) {
			throw new IllegalStateException("no response was accepted");
		}
		return accepted;
	}

	void writer(SegmentWriter accepted) {
		this.writer = accepted;
	}

	/**
	 * Returns whether the rest of the body is not wanted: somebody else fetches it.
	 */
	boolean isSatisfied() {
		if (this.abandoned) {
			return true;
		}
		SegmentWriter accepted = writer();
		return accepted.isDone() && accepted.bodyPosition() < accepted.bodyEnd();
	}

	/** Its segment was given back before its response came: that is not looked at. */
	void abandon() {
		this.abandoned = true;
	}

	boolean isAbandoned() {
		return this.abandoned;
	}

	void brought() {
		this.brought = true;
	}

	/** Takes note of a failure on the mirror. */
	void failed(RequestFailedException failure, long nowNanos) {
		this.mirror.failed(failure, this.burst, this.brought, nowNanos);
	}

	/** Returns whether what comes is still written. */
	boolean isOpen() {
		SegmentWriter accepted = this.writer;
		return accepted != null && accepted.isOpen();
	}

	/** Ends writing. When this returns, no write of this request is under way. */
	void close() {
		SegmentWriter accepted = this.writer;
		if (accepted != null) {
			accepted.close();
		}
	}

}
