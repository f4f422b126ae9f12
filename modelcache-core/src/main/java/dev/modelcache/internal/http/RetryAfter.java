package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

import org.jspecify.annotations.Nullable;

/**
 * The {@code Retry-After} header: seconds, or a date (RFC 9110, section 10.2.3).
 */
final class RetryAfter {

	private RetryAfter() {
	}

	/**
	 * Reads the header.
	 * @param value its value
	 * @param clock tells how far away a date is
	 * @return the delay, never negative; {@code null} for no header or nonsense
	 */
	static @Nullable Duration parse(@Nullable String value, Clock clock) {
		if (value == null) {
			return null;
		}
		try {
			return positive(Duration.ofSeconds(Long.parseLong(value.strip())));
		}
		catch (NumberFormatException ex) {
			return parseDate(value.strip(), clock);
		}
	}

	private static @Nullable Duration parseDate(String value, Clock clock) {
		try {
			ZonedDateTime date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
			return positive(Duration.between(clock.instant(), date));
		}
		catch (DateTimeException ex) {
			return null;
		}
	}

	private static Duration positive(Duration duration) {
		return duration.isNegative() ? Duration.ZERO : duration;
	}

}
