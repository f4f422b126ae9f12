package dev.modelcache.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import dev.modelcache.content.HtmlPage;
import dev.modelcache.source.Mirror;
import dev.modelcache.transfer.RequestFailedException.Reason;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Puts the buffers of a body where they belong in the file, and nowhere else. Owns every
 * buffer it is given and releases it, whatever happens.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: {@link #write}.
 */
final class SegmentWriter {

	private final FileChannel file;

	private final Segment segment;

	private boolean closed;

	SegmentWriter(FileChannel file, Segment segment) {
		this.file = file;
		this.segment = segment;
	}

	/**
	 * Writes a buffer at the segment's position.
	 * @param buffer the buffer; released here
	 * @param mirror who sent it
	 * @return the bytes written; 0 after {@link #close()}
	 * @throws IOException if the disk does not take it
	 * @throws RequestFailedException if it is more than was asked for, or an HTML page
	 */
	synchronized long write(DataBuffer buffer, Mirror mirror) throws IOException {
		try {
			if (this.closed) {
				return 0;
			}
			check(buffer, mirror);
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

	private void check(DataBuffer buffer, Mirror mirror) {
		int length = buffer.readableByteCount();
		if (length > this.segment.range().end() - this.segment.position()) {
			throw new RequestFailedException(Reason.LONG_BODY, mirror,
					"sent more than the " + this.segment.range().end() + " bytes that it announced", null);
		}
		if (this.segment.position() == 0 && isHtml(buffer)) {
			throw new RequestFailedException(Reason.NOT_A_MODEL, mirror, "sent an HTML page instead of a model", null);
		}
	}

	private static boolean isHtml(DataBuffer buffer) {
		try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
			return parts.hasNext() && HtmlPage.isLikely(parts.next());
		}
	}

	private long write(ByteBuffer part) throws IOException {
		long written = 0;
		while (part.hasRemaining()) {
			int n = this.file.write(part, this.segment.position());
			this.segment.advance(n);
			written += n;
		}
		return written;
	}

	/**
	 * Ends writing. When this returns, no write is under way and none will follow.
	 */
	synchronized void close() {
		this.closed = true;
	}

}
