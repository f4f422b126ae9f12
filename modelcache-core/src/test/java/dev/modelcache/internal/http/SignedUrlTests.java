/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Instant;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SignedUrl}.
 */
class SignedUrlTests {

	private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					X-Amz-Date=20260501T100000Z&X-Amz-Expires=3600&X-Amz-Signature=ab  | was signed for use until 2026-05-01T11:00:00Z and has expired
					X-Amz-Date=20260501T113000Z&X-Amz-Expires=3600&X-Amz-Signature=ab  | should be valid until 2026-05-01T12:30:00Z
					x-goog-date=20260501T100000Z&x-goog-expires=60&x-goog-signature=ab | has expired
					AWSAccessKeyId=a&Expires=1777633200&Signature=ab%2Fc               | was signed for use until 2026-05-01T11:00:00Z
					sv=2022-11-02&se=2026-04-30T12%3A00%3A00Z&sr=b&sig=ab%3D           | was signed for use until 2026-04-30T12:00:00Z
					Policy=a&Signature=b&Key-Pair-Id=c                                 | may have expired
					Expires=soon&Signature=b                                           | may have expired
					X-Amz-Date=20260501T100000Z&X-Amz-Expires=99999999999999999&X-Amz-Signature=a | may have expired
					x-oss-date=20260501T100000Z&x-oss-expires=3600&x-oss-signature=ab  | was signed for use until 2026-05-01T11:00:00Z
					X-Tos-Date=20260501T100000Z&X-Tos-Expires=3600&X-Tos-Signature=ab  | was signed for use until 2026-05-01T11:00:00Z
					q-sign-time=1;2&q-signature=ab                                     | may have expired
					se=2026-04-30&sig=ab                                               | may have expired
					""")
	void stateIsThatOfItsQuery(String query, String state) {
		URI url = URI.create("https://store.example/m.gguf?" + query);
		assertThat(SignedUrl.isSigned(url)).isTrue();
		assertThat(SignedUrl.state(url, NOW)).contains(state.strip()).doesNotContain("ab").doesNotContain("?");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "?download=true", "?signature", "?token=abc", "?se=2026-04-30" })
	void otherUrlsAreNotSigned(String query) {
		assertThat(SignedUrl.isSigned(URI.create("https://store.example/m.gguf" + query))).isFalse();
	}

	@Test
	void refusalOfAConfiguredUrlThatHasExpiredSaysSo() {
		URI url = URI.create("https://store.example/m.gguf?Expires=1000&Signature=abcdefgh");
		RequestFailedException failure = Failures.of(url, url, 403, new HttpHeaders(), new ManualClock());
		assertThat(failure.reason()).isEqualTo(Reason.LINK_EXPIRED);
		assertThat(failure).hasMessage("https://store.example/m.gguf answered 403: "
				+ "the URL was signed for use until 1970-01-01T00:16:40Z and has expired");
	}

}
