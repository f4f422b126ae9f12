package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import dev.modelcache.autoconfigure.ConnectionSettings.Proxy;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Checks the values of settings. No message shows a header's value or a password.
 */
final class SettingChecks {

	private static final DataSize LARGEST_BUFFER = DataSize.ofGigabytes(1);

	private static final DataSize SMALLEST_SEGMENT = DataSize.ofMegabytes(1);

	private static final DataSize FASTEST_MINIMUM = DataSize.ofGigabytes(1);

	private static final int MOST_CONNECTIONS = 64;

	/** RFC 9110 section 5.6.2: token. */
	private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

	/** RFC 9110 section 5.5: visible characters, blanks, tabs and obs-text. */
	private static final Pattern HEADER_VALUE = Pattern.compile("[\\x20-\\x7e\\t\\x80-\\xff]*");

	/** What a transfer says itself: other values would break ranges and lengths. */
	private static final Set<String> OWN_HEADERS = Set.of("accept-encoding", "range", "if-range", "host",
			"content-length", "transfer-encoding", "connection");

	private SettingChecks() {
	}

	static void positive(String name, Duration value) {
		if (value.isNegative() || value.isZero()) {
			throw ModelKeys.GENERAL.wrong(name, "is not above 0: " + value, "Use a duration such as 30s");
		}
	}

	static void notNegative(String name, boolean negative) {
		if (negative) {
			throw ModelKeys.GENERAL.wrong(name, "is negative", "Use 0 or more");
		}
	}

	static void atLeastOne(String name, int value) {
		if (value < 1) {
			throw ModelKeys.GENERAL.wrong(name, "is less than 1: " + value, "Use 1 or more");
		}
	}

	static void buffer(String name, DataSize value) {
		if (value.toBytes() <= 0 || value.compareTo(LARGEST_BUFFER) > 0) {
			throw ModelKeys.GENERAL.wrong(name, "is not between 1B and 1GB: " + value, "Use a size such as 1MB");
		}
	}

	static void minSpeed(String name, DataSize perSecond) {
		if (perSecond.isNegative() || perSecond.compareTo(FASTEST_MINIMUM) > 0) {
			throw ModelKeys.GENERAL.wrong(name, "is not between 0 and 1GB: " + perSecond,
					"Use a number of bytes per second such as 1KB, or 0 to accept any speed");
		}
	}

	static void bandwidth(String name, @Nullable DataSize perSecond) {
		if (perSecond != null && perSecond.toBytes() <= 0) {
			throw ModelKeys.GENERAL.wrong(name, "is not above 0: " + perSecond,
					"Use a number of bytes per second such as 50MB, or remove it");
		}
	}

	static void size(String name, @Nullable DataSize value) {
		if (value != null && value.toBytes() <= 0) {
			throw ModelKeys.GENERAL.wrong(name, "is not above 0: " + value, "Use a size such as 50GB, or remove it");
		}
	}

	static void connections(String name, int value) {
		if (value < 1 || value > MOST_CONNECTIONS) {
			throw ModelKeys.GENERAL.wrong(name, "is not between 1 and " + MOST_CONNECTIONS + ": " + value,
					"Use a small number such as 4");
		}
	}

	static void segment(String name, DataSize value) {
		if (value.compareTo(SMALLEST_SEGMENT) < 0) {
			throw ModelKeys.GENERAL.wrong(name, "is less than 1MB: " + value, "Use a size such as 16MB");
		}
	}

	static ConnectionSettings connection(DownloadProperties download) {
		positive("download.connect-timeout", download.getConnectTimeout());
		download.getHeaders().forEach(SettingChecks::header);
		String sslBundle = StringUtils.hasText(download.getSslBundle()) ? download.getSslBundle() : null;
		return new ConnectionSettings(download.getConnectTimeout(), sslBundle, proxy(download.getProxy()),
				download.getHeaders());
	}

	private static void header(String name, String value) {
		if (!HEADER_NAME.matcher(name).matches()) {
			// The name is not shown: people write whole headers there.
			throw ModelKeys.GENERAL.wrong("download.headers", "holds a name that is no header's name",
					"Write the name before, and the value after the separator");
		}
		if (OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
			throw ModelKeys.GENERAL.wrong("download.headers." + name, "is a header that each transfer sets itself",
					"Remove it");
		}
		if (!HEADER_VALUE.matcher(value).matches()) {
			throw ModelKeys.GENERAL.wrong("download.headers." + name, "has a value with characters that no header has",
					"Remove line breaks and control characters");
		}
	}

	private static @Nullable Proxy proxy(DownloadProperties.Proxy proxy) {
		if (!StringUtils.hasText(proxy.getHost())) {
			if (proxy.getPort() != null || proxy.getUsername() != null || proxy.getPassword() != null) {
				throw ModelKeys.GENERAL.wrong("download.proxy.host", "is not set, but other keys of the proxy are",
						"Set it, or remove them");
			}
			return null;
		}
		Integer port = proxy.getPort();
		if (port == null || port < 1 || port > 65535) {
			throw ModelKeys.GENERAL.wrong("download.proxy.port",
					(port != null) ? "is no port: " + port : "is not set, but the proxy's host is",
					"Use a number from 1 to 65535");
		}
		return new Proxy(proxy.getHost(), port, proxy.getUsername(), proxy.getPassword());
	}

}
