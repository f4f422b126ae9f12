package dev.modelcache.internal.transfer;

import java.time.Duration;

import org.springframework.util.unit.DataSize;

/**
 * The speed of one mirror in one transfer, over all of its connections. Each minute in
 * which bytes or an answer are wanted must bring a least number of them; time in which no
 * bytes are wanted, because the disk is slow or the bandwidth is limited, does not count.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class Pace {

	private static final Duration PERIOD = Duration.ofMinutes(1);

	private final long leastBytes;

	private int wanting;

	private long lastNanos;

	private long countedNanos;

	private long bytes;

	private int misses;

	/**
	 * Creates a measurement.
	 * @param leastPerSecond the fewest bytes per second, over a minute; 0 for any number
	 */
	Pace(DataSize leastPerSecond) {
		this.leastBytes = Math.multiplyExact(leastPerSecond.toBytes(), PERIOD.toSeconds());
	}

	/** Returns how many bytes a minute must bring, or 0 for any number. */
	long leastBytes() {
		return this.leastBytes;
	}

	/**
	 * More, or fewer, connections want bytes.
	 * @param change how many more
	 * @param nowNanos the time
	 */
	synchronized void wanted(int change, long nowNanos) {
		advance(nowNanos);
		this.wanting += change;
	}

	/** Bytes have arrived. */
	synchronized void came(long count, long nowNanos) {
		this.bytes += count;
		advance(nowNanos);
	}

	/** Counts a pause before the next request as time in which bytes are wanted. */
	synchronized void paused(long nanos) {
		count(nanos);
	}

	/** Returns how many minutes have brought too few bytes so far. */
	synchronized int misses(long nowNanos) {
		advance(nowNanos);
		return this.misses;
	}

	private void advance(long nowNanos) {
		if (this.wanting > 0) {
			count(nowNanos - this.lastNanos);
		}
		this.lastNanos = nowNanos;
	}

	private void count(long nanos) {
		this.countedNanos += nanos;
		if (this.countedNanos >= PERIOD.toNanos()) {
			if (this.bytes < this.leastBytes) {
				this.misses++;
			}
			this.countedNanos = 0;
			this.bytes = 0;
		}
	}

}
