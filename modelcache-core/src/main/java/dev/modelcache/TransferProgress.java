/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Immutable progress of a transfer at one moment.
 */
public final class TransferProgress {

	private final long bytes;

	private final @Nullable Long totalBytes;

	private final double bytesPerSecond;

	private TransferProgress(long bytes, @Nullable Long totalBytes, double bytesPerSecond) {
		this.bytes = bytes;
		this.totalBytes = totalBytes;
		this.bytesPerSecond = bytesPerSecond;
	}

	/**
	 * Creates a progress.
	 * @param bytes the number of bytes that are on disk
	 * @param totalBytes the size in bytes, or {@code null} while unknown
	 * @param bytesPerSecond the current rate, 0 while unknown
	 * @return the progress
	 */
	public static TransferProgress of(long bytes, @Nullable Long totalBytes, double bytesPerSecond) {
		return new TransferProgress(bytes, totalBytes, bytesPerSecond);
	}

	/**
	 * Returns the number of bytes of the model that are on disk.
	 * @return the number of bytes
	 */
	public long bytes() {
		return this.bytes;
	}

	/**
	 * Returns the size of the model.
	 * @return the number of bytes, or {@code null} while unknown
	 */
	public @Nullable Long totalBytes() {
		return this.totalBytes;
	}

	/**
	 * Returns the current rate.
	 * @return bytes per second, 0 while the rate is unknown
	 */
	public double bytesPerSecond() {
		return this.bytesPerSecond;
	}

	/**
	 * Returns the completed percentage, 0 to 100.
	 * @return the percentage, or {@code null} while the total is unknown
	 */
	public @Nullable Double percent() {
		if (this.totalBytes == null) {
			return null;
		}
		return (this.totalBytes == 0) ? 100.0 : Math.min(100.0, this.bytes * 100.0 / this.totalBytes);
	}

	/**
	 * Returns the estimated remaining time at the current rate.
	 * @return the estimate, or {@code null} while the total or the rate is unknown
	 */
	public @Nullable Duration eta() {
		if (this.totalBytes == null || this.bytesPerSecond <= 0) {
			return null;
		}
		double seconds = Math.max(0, this.totalBytes - this.bytes) / this.bytesPerSecond;
		return Duration.ofMillis(Math.round(Math.min(seconds, Integer.MAX_VALUE) * 1000));
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof TransferProgress other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.bytes, this.totalBytes, this.bytesPerSecond);
	}

	@Override
	public String toString() {
		return this.bytes + " of " + this.totalBytes + " bytes, " + this.bytesPerSecond + " B/s";
	}

}
