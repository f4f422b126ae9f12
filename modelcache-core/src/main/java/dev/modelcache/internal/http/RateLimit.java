package dev.modelcache.internal.http;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * What a server says of its limits where it gives no {@code Retry-After}: the header
 * {@code RateLimit} as {@code "name";r=0;t=55} (draft-ietf-httpapi-ratelimit-headers, 8
 * and later) or {@code limit=9, remaining=0, reset=55} (7), or {@code RateLimit-Reset}
 * (before). Seconds, not a point in time.
 */
final class RateLimit {

	private static final String LATER = "t";

	private static final String EARLIER = "reset";

	private RateLimit() {
	}

	/**
	 * Returns how long to leave the server alone: until the last of its exhausted limits
	 * begins anew, and a second for rounding.
	 * @param headers the headers of a response that refuses for now
	 * @return the pause, or {@code null} where the server does not say
	 */
	static @Nullable Duration pause(HttpHeaders headers) {
		List<String> policies = headers.getOrEmpty("RateLimit");
		OptionalLong seconds = policies.isEmpty() ? number(EARLIER, EARLIER + "=" + headers.getFirst("RateLimit-Reset"))
				: policies.stream()
					.map(RateLimit::withoutNames)
					.flatMap(RateLimit::members)
					.filter(RateLimit::isExhausted)
					.flatMapToLong((member) -> Stream.of(LATER, EARLIER)
						.map((name) -> number(name, member))
						.flatMapToLong(OptionalLong::stream))
					.max();
		return seconds.isPresent() ? Duration.ofSeconds(seconds.getAsLong() + 1) : null;
	}

	/**
	 * Leaves out the quoted names of policies (RFC 9651, section 3.3.3): any text may
	 * stand in them.
	 */
	private static String withoutNames(String line) {
		StringBuilder rest = new StringBuilder();
		boolean quoted = false;
		for (int i = 0; i < line.length(); i++) {
			char character = line.charAt(i);
			if (character == '"') {
				quoted = !quoted;
			}
			else if (quoted && character == '\\') {
				i++;
			}
			else if (!quoted) {
				rest.append(character);
			}
		}
		return rest.toString();
	}

	/** Draft 7 has one policy, whose parameters are separated by commas. */
	private static Stream<String> members(String line) {
		return number(EARLIER, line).isPresent() ? Stream.of(line) : Stream.of(line.split(","));
	}

	private static boolean isExhausted(String member) {
		return Stream.of("r", "remaining").allMatch((name) -> number(name, member).orElse(0) == 0);
	}

	/** More than nine digits are a point in time, which the drafts do not have. */
	private static OptionalLong number(String name, String member) {
		Matcher matcher = Pattern.compile("(?:^|[;,\\s])" + name + "=(\\d{1,9})(?=[;,\\s]|$)").matcher(member);
		return matcher.find() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
	}

}
