package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * When a server wants to be asked again: {@code Retry-After} (RFC 9110, section 10.2.3),
 * or the seconds until the window of a {@code RateLimit} header ends
 * (draft-ietf-httpapi-ratelimit-headers).
 */
final class RateLimits {

	private static final Pattern REMAINING = Pattern.compile(";\\s*r=(\\d{1,9})(?=\\s*(;|,|$))");

	private static final Pattern WINDOW = Pattern.compile(";\\s*t=(\\d{1,9})(?=\\s*(;|,|$))");

	private RateLimits() {
	}

	/**
	 * Reads how long a response asks to wait.
	 * @param response the response
	 * @param clock tells how far away a date is
	 * @return the delay, never negative; {@code null} where it does not say
	 */
	static @Nullable Duration delay(MetadataResponse response, Clock clock) {
		String retryAfter = response.header(HttpHeaders.RETRY_AFTER);
		Duration delay = (retryAfter != null) ? retryAfter(retryAfter, clock) : null;
		String rateLimit = response.header("RateLimit");
		return (delay == null && rateLimit != null) ? untilWindowEnds(rateLimit) : delay;
	}

	private static @Nullable Duration retryAfter(String value, Clock clock) {
		if (value.matches("\\d{1,9}")) {
			return Duration.ofSeconds(Long.parseLong(value));
		}
		try {
			ZonedDateTime date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
			Duration delay = Duration.between(clock.instant(), date);
			return delay.isNegative() ? Duration.ZERO : delay;
		}
		catch (DateTimeException ex) {
			return null;
		}
	}

	/** One second more: the window's end is rounded down. */
	private static @Nullable Duration untilWindowEnds(String value) {
		Matcher remaining = REMAINING.matcher(value);
		Matcher window = WINDOW.matcher(value);
		boolean usedUp = !remaining.find() || remaining.group(1).matches("0+");
		return (usedUp && window.find()) ? Duration.ofSeconds(Long.parseLong(window.group(1)) + 1) : null;
	}

}
