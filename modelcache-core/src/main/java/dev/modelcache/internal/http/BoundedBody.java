package dev.modelcache.internal.http;

import java.io.ByteArrayOutputStream;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * A body in memory, up to a limit.
 */
final class BoundedBody {

	private final MetadataRequest request;

	private final long limit;

	private final boolean cut;

	private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

	private BoundedBody(MetadataRequest request, long limit, boolean cut) {
		this.request = request;
		this.limit = limit;
		this.cut = cut;
	}

	/** Returns a body that must not be larger than its limit. */
	static BoundedBody whole(MetadataRequest request, long limit) {
		return new BoundedBody(request, limit, false);
	}

	/** Returns a body of which nothing beyond the limit is kept. */
	static BoundedBody beginning(MetadataRequest request, long limit) {
		return new BoundedBody(request, limit, true);
	}

	/** Takes a buffer's bytes and releases it, whatever happens. */
	void take(DataBuffer buffer) {
		try {
			long room = this.limit - this.bytes.size();
			int count = buffer.readableByteCount();
			if (count > room && !this.cut) {
				throw FailedRequest.refused(this.request, "answers with more than " + this.limit + " bytes");
			}
			byte[] piece = new byte[(int) Math.min(count, room)];
			buffer.read(piece);
			this.bytes.writeBytes(piece);
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	/** Returns whether the rest is not wanted. */
	boolean isFull() {
		return this.cut && this.bytes.size() == this.limit;
	}

	byte[] toBytes() {
		return this.bytes.toByteArray();
	}

}
