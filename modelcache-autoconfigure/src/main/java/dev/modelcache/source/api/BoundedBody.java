package dev.modelcache.source.api;

import java.io.ByteArrayOutputStream;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * A body in memory, up to a limit.
 */
final class BoundedBody {

	private final MetadataRequest request;

	private final long limit;

	private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

	BoundedBody(MetadataRequest request, long limit) {
		this.request = request;
		this.limit = limit;
	}

	/** Takes a buffer's bytes and releases it, whatever happens. */
	void take(DataBuffer buffer) {
		try {
			int count = buffer.readableByteCount();
			if (this.bytes.size() + (long) count > this.limit) {
				throw FailedRequest.refused(this.request, "answers with more than " + this.limit + " bytes");
			}
			byte[] piece = new byte[count];
			buffer.read(piece);
			this.bytes.writeBytes(piece);
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	byte[] toBytes() {
		return this.bytes.toByteArray();
	}

}
