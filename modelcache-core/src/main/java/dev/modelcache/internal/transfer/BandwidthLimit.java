package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Scheduler;

/**
 * A limit on the bytes per second of all transfers together. Bytes that have arrived wait
 * here before they are written; their connections are then not read, and TCP slows the
 * server down.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class BandwidthLimit {

	private static final long SLICE_NANOS = Duration.ofMillis(50).toNanos();

	private final @Nullable DataSize perSecond;

	private final Scheduler timer;

	private long nextNanos = Long.MIN_VALUE;

	/**
	 * Creates a limit.
	 * @param perSecond the most bytes per second, or {@code null} for any number
	 * @param timer tells the time
	 */
	BandwidthLimit(@Nullable DataSize perSecond, Scheduler timer) {
		this.perSecond = perSecond;
		this.timer = timer;
	}

	/**
	 * Waits until bytes may pass. <em>Blocking</em>.
	 * @param bytes how many
	 * @param wanted whether somebody still wants them; nobody waits in vain
	 */
	void await(long bytes, BooleanSupplier wanted) {
		if (this.perSecond == null) {
			return;
		}
		long until = reserve(bytes, this.perSecond.toBytes());
		long left = until - now();
		while (left > 0 && wanted.getAsBoolean()) {
			LockSupport.parkNanos(Math.min(left, SLICE_NANOS));
			left = until - now();
		}
	}

	/** Returns when the bytes may pass: when those before them have had their time. */
	synchronized long reserve(long bytes, long bytesPerSecond) {
		long start = Math.max(this.nextNanos, now());
		this.nextNanos = start + (long) (bytes * 1e9 / bytesPerSecond);
		return start;
	}

	private long now() {
		return this.timer.now(TimeUnit.NANOSECONDS);
	}

}
