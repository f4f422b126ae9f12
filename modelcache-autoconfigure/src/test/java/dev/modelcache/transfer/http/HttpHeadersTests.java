package dev.modelcache.transfer.http;

import java.time.Duration;

import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RetryAfter} and {@link ContentRange}.
 */
class HttpHeadersTests {

	/** Stands at 2026-01-02T03:04:05Z, a Friday. */
	private final ManualClock clock = new ManualClock();

	@ParameterizedTest
	@CsvSource({ "0, PT0S", "17, PT17S", "' 120 ', PT2M", "-5, PT0S", "'Fri, 02 Jan 2026 03:05:05 GMT', PT1M",
			"'Fri, 02 Jan 2026 03:00:00 GMT', PT0S" })
	void retryAfterIsSecondsOrADate(String value, Duration delay) {
		assertThat(RetryAfter.parse(value, this.clock)).isEqualTo(delay);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "soon", "1.5", "99999999999999999999", "2026-01-02" })
	void nonsenseIsNoDelay(String value) {
		assertThat(RetryAfter.parse(value, this.clock)).isNull();
	}

	@Test
	void noHeaderIsNoDelay() {
		assertThat(RetryAfter.parse(null, this.clock)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "bytes 0-9/100, 0, 9, 100", "bytes 5-5/6, 5, 5, 6", "bytes 0-9/*, 0, 9,", "bytes */100, , , 100" })
	void contentRangeIsRead(String value, Long start, Long last, Long total) {
		assertThat(ContentRange.parse(value)).isEqualTo(new ContentRange(start, last, total));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "bytes", "bytes 9-0/100", "bytes 0-100/100", "bytes */*", "items 0-9/100", "bytes 0-9",
			"bytes -9/100", "bytes 0-99999999999999999999/100", "bytes 0-9/100, bytes 0-9/100" })
	void inconsistentContentRangeIsNone(String value) {
		assertThat(ContentRange.parse(value)).isNull();
	}

}
