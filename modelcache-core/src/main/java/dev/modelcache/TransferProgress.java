package dev.modelcache;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * How far a transfer is, at one moment.
 *
 * @param bytes the bytes of the file that are on disk
 * @param totalBytes the size of the file, or {@code null} while nobody knows it
 * @param bytesPerSecond the current rate, 0 while it is not known
 */
public record TransferProgress(long bytes, @Nullable Long totalBytes, double bytesPerSecond) {

	/**
	 * Returns the part that is done, 0 to 100.
	 * @return the percentage, or {@code null} while the total is not known
	 */
	public @Nullable Double percent() {
		if (this.totalBytes == null) {
			return null;
		}
		return (this.totalBytes == 0) ? 100.0 : Math.min(100.0, this.bytes * 100.0 / this.totalBytes);
	}

	/**
	 * Returns the time that the rest will take at the current rate.
	 * @return the estimate, or {@code null} while the total or the rate is not known
	 */
	public @Nullable Duration eta() {
		if (this.totalBytes == null || this.bytesPerSecond <= 0) {
			return null;
		}
		double seconds = Math.max(0, this.totalBytes - this.bytes) / this.bytesPerSecond;
		return Duration.ofMillis(Math.round(Math.min(seconds, Integer.MAX_VALUE) * 1000));
	}

}
