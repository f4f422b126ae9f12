package dev.modelcache.actuate;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What a host brought until it failed, or until the transfer ended.
 *
 * @param at when the attempt ended
 * @param host the {@code host:port}
 * @param bytes how many came from the host since its attempt before
 * @param error why it failed, or {@code null} if it did not
 */
record TransferAttempt(Instant at, String host, long bytes, @Nullable String error) {

	private static final int LONGEST_ERROR = 500;

	TransferAttempt {
		if (error != null && error.length() > LONGEST_ERROR) {
			error = error.substring(0, LONGEST_ERROR) + "…";
		}
	}

	Map<String, Object> details() {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("at", this.at.truncatedTo(ChronoUnit.MILLIS).toString());
		details.put("host", this.host);
		details.put("bytes", this.bytes);
		if (this.error != null) {
			details.put("error", this.error);
		}
		return details;
	}

}
