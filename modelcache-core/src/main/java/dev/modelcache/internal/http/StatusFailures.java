package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.Duration;
import java.util.Set;

import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * Tells what a status means that brings no bytes (RFC 9110, section 15).
 */
final class StatusFailures {

	/** What hosts answer to a signed link that they do not, or no longer, accept. */
	private static final Set<Integer> REFUSALS = Set.of(400, 401, 403);

	private final Clock clock;

	StatusFailures(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Returns the failure that a status means.
	 * @param at where the request ended up
	 * @param status neither 200, 206 or 416 nor a redirect that is followed
	 * @param headers the response's headers
	 * @return the failure
	 */
	RequestFailedException of(Redirects at, int status, HttpHeaders headers) {
		if (at.isElsewhere() && REFUSALS.contains(status)) {
			return new RequestFailedException(Reason.LINK_REFUSED, at.mirror(),
					"redirects to " + RedactedUri.of(at.uri()) + ", which answered " + status, status, null);
		}
		Reason reason = reason(status);
		Duration pause = reason.isWorthRetrying() ? pause(headers) : null;
		String answered = "answered " + status + ((at.hops() > 0) ? " at " + RedactedUri.of(at.uri()) : "");
		if (pause != null && pause.compareTo(Attempts.LONGEST_RETRY_AFTER) > 0) {
			return new RequestFailedException(Reason.TOO_BUSY, at.mirror(),
					answered + " and wants to be left alone for " + pause.toSeconds() + " s", status, pause);
		}
		return new RequestFailedException(reason, at.mirror(), answered, status, pause);
	}

	private static Reason reason(int status) {
		return switch (status) {
			case 404, 410 -> Reason.NOT_FOUND;
			case 401, 403 -> Reason.ACCESS_DENIED;
			case 429 -> Reason.TOO_MANY_REQUESTS;
			case 408, 425 -> Reason.SERVER_ERROR;
			default ->
				(status >= 500) ? Reason.SERVER_ERROR : (status >= 400) ? Reason.REFUSED : Reason.ILLEGAL_RESPONSE;
		};
	}

	private @Nullable Duration pause(HttpHeaders headers) {
		Duration retryAfter = RetryAfter.parse(headers.getFirst(HttpHeaders.RETRY_AFTER), this.clock);
		return (retryAfter != null) ? retryAfter : RateLimit.pause(headers);
	}

}
