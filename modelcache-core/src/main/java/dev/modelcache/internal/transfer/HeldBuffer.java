package dev.modelcache.internal.transfer;

import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * A buffer between two threads, which is released once however often it is discarded.
 * Reactor's operators may discard an element more than once, and even one that they have
 * handed on: {@code publishOn} does, when it is cancelled while an element arrives. A
 * second release of a pooled buffer would take it away from whoever has it by then.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class HeldBuffer {

	private final AtomicReference<@Nullable DataBuffer> buffer;

	private final int size;

	HeldBuffer(DataBuffer buffer) {
		this.buffer = new AtomicReference<>(buffer);
		this.size = buffer.readableByteCount();
	}

	/** Returns how many bytes it has. */
	int size() {
		return this.size;
	}

	/**
	 * Takes the buffer.
	 * @return the buffer, which the caller releases; {@code null} if it was taken or
	 * released already
	 */
	@Nullable DataBuffer take() {
		return this.buffer.getAndSet(null);
	}

	/** Releases the buffer, unless it was taken or released already. */
	void release() {
		DataBuffer taken = take();
		if (taken != null) {
			DataBufferUtils.release(taken);
		}
	}

}
