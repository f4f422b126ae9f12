package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;

import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.content.HtmlPage;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Puts the buffers of a body where they belong in the file, and nowhere else. Owns every
 * buffer it is given and releases it, whatever happens.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: {@link #write}.
 */
final class SegmentWriter {

	/** The most bytes that are written at once, so that the end of a segment may move. */
	static final int LARGEST_WRITE = (int) SegmentedTransfer.LARGEST_BUFFER.toBytes();

	private final Destination destination;

	private final Segment segment;

	private final Mirror mirror;

	private final long bodyEnd;

	private long bodyPosition;

	private volatile boolean closed;

	/**
	 * Creates a writer.
	 * @param destination where bytes go
	 * @param segment where the body's bytes belong, from its position on
	 * @param mirror who sends them
	 * @param bodyEnd where the body should end; may be beyond the segment's end
	 */
	SegmentWriter(Destination destination, Segment segment, Mirror mirror, long bodyEnd) {
		this.destination = destination;
		this.segment = segment;
		this.mirror = mirror;
		this.bodyPosition = segment.position();
		this.bodyEnd = bodyEnd;
	}

	/**
	 * Writes a buffer at the segment's position.
	 * @param buffer the buffer; released here
	 * @return the bytes written; what the segment does not take is dropped
	 * @throws IOException if the disk does not take it
	 * @throws RequestFailedException if it is more than was asked for, or an HTML page
	 */
	synchronized long write(DataBuffer buffer) throws IOException {
		try {
			if (this.closed) {
				return 0;
			}
			check(buffer);
			this.bodyPosition += buffer.readableByteCount();
			long written = 0;
			try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
				while (parts.hasNext()) {
					written += write(parts.next());
				}
			}
			return written;
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	private void check(DataBuffer buffer) {
		if (buffer.readableByteCount() > this.bodyEnd - this.bodyPosition) {
			throw new RequestFailedException(Reason.LONG_BODY, this.mirror,
					"sent more than the bytes up to " + this.bodyEnd + " that it announced", null);
		}
		if (this.bodyPosition == 0 && isHtml(buffer)) {
			throw new RequestFailedException(Reason.NOT_A_MODEL, this.mirror, "sent an HTML page instead of a model",
					null);
		}
	}

	private static boolean isHtml(DataBuffer buffer) {
		try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
			return parts.hasNext() && HtmlPage.isLikely(parts.next());
		}
	}

	private long write(ByteBuffer part) throws IOException {
		long written = 0;
		int end = part.limit();
		while (part.position() < end) {
			long room = Math.min(this.destination.board().room(this.segment), LARGEST_WRITE);
			if (room <= 0) {
				break;
			}
			part.limit((int) Math.min(end, part.position() + room));
			written += this.destination.write(this.segment, part, this.mirror);
		}
		return written;
	}

	/** Returns whether it still writes. */
	boolean isOpen() {
		return !this.closed;
	}

	/** Returns whether the segment wants no more bytes of this body. */
	synchronized boolean isDone() {
		return this.destination.board().room(this.segment) <= 0;
	}

	/** Returns the position in the file that the body has reached. */
	synchronized long bodyPosition() {
		return this.bodyPosition;
	}

	/** Returns where the body should end. */
	long bodyEnd() {
		return this.bodyEnd;
	}

	/**
	 * Ends writing. When this returns, no write is under way and none will follow.
	 */
	synchronized void close() {
		this.closed = true;
	}

}
