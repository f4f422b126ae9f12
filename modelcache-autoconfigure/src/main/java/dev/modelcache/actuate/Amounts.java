/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.time.Duration;
import java.util.Locale;

import dev.modelcache.TransferProgress;

/**
 * Formats bytes, rates and durations with decimal units.
 */
final class Amounts {

	private static final String[] UNITS = { "kB", "MB", "GB", "TB" };

	private Amounts() {
	}

	/** Returns bytes with their unit, such as {@code 52.4 MB}. */
	static String bytes(double bytes) {
		if (bytes < 1000) {
			return "%d B".formatted(Math.round(bytes));
		}
		double value = bytes / 1000;
		int unit = 0;
		while (value >= 999.95 && unit < UNITS.length - 1) {
			value /= 1000;
			unit++;
		}
		return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
	}

	/** Returns a duration such as {@code 0:07}, {@code 12:30} or {@code 1:02:03}. */
	static String duration(Duration duration) {
		long hours = duration.toHours();
		return (hours > 0)
				? String.format(Locale.ROOT, "%d:%02d:%02d", hours, duration.toMinutesPart(), duration.toSecondsPart())
				: String.format(Locale.ROOT, "%d:%02d", duration.toMinutes(), duration.toSecondsPart());
	}

	/** Returns {@code bytes/total}, or the bytes alone if the total is unknown. */
	static String done(TransferProgress progress) {
		Long total = progress.totalBytes();
		return (total != null) ? bytes(progress.bytes()) + "/" + bytes(total) : bytes(progress.bytes());
	}

	/**
	 * Returns the rate and the estimated remaining time, such as
	 * {@code 5.0 MB/s, ETA 0:07}.
	 */
	static String speed(TransferProgress progress) {
		Long total = progress.totalBytes();
		if (total != null && progress.bytes() >= total) {
			return "complete";
		}
		if (progress.bytesPerSecond() <= 0) {
			return (progress.bytes() == 0) ? "starting" : "waiting for data";
		}
		Duration eta = progress.eta();
		String rate = bytes(progress.bytesPerSecond()) + "/s";
		return (eta != null) ? rate + ", ETA " + duration(eta) : rate;
	}

}
