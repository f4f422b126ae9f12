/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.testsupport.ManualClock;
import io.netty.handler.codec.TooLongFrameException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for {@link Failures}.
 */
class FailuresTests {

	private static final URI URL = URI.create("https://a.example/m.gguf?sig=secret");

	private static Stream<Arguments> exceptions() {
		return Stream.of(arguments(new ConnectException("refused"), Reason.UNREACHABLE),
				arguments(new UnknownHostException("a.example"), Reason.UNREACHABLE),
				arguments(new IOException("reset"), Reason.RESET),
				arguments(new TooLongFrameException("headers"), Reason.RESET),
				arguments(new SSLHandshakeException("closed"), Reason.TLS_FAILED),
				arguments(new SSLException("bad record"), Reason.TLS_FAILED),
				arguments(new SSLHandshakeException("path").initCause(new CertificateException("untrusted")),
						Reason.UNTRUSTED),
				arguments(new SSLPeerUnverifiedException("name"), Reason.UNTRUSTED),
				arguments(new SSLHandshakeException("damaged").initCause(new CertificateParsingException("tag")),
						Reason.TLS_FAILED),
				arguments(new SSLHandshakeException("damaged")
					.initCause(new CertificateException("tag", new IOException("DER"))), Reason.TLS_FAILED),
				arguments(new IllegalStateException("bug"), Reason.ILLEGAL_RESPONSE),
				arguments(new ConnectionFailedException(Reason.PROXY_DENIED, "no", "Ask", null), Reason.PROXY_DENIED));
	}

	@ParameterizedTest
	@MethodSource("exceptions")
	void exceptionsMeanWhatTheirTypesSay(Throwable raised, Reason reason) {
		assertThat(Failures.of(raised, URL)).isInstanceOfSatisfying(RequestFailedException.class,
				(failure) -> assertThat(failure.reason()).isEqualTo(reason));
	}

	@Test
	void ofBrokenTlsOnlyTheCertificateIsForGood() {
		assertThat(Reason.TLS_FAILED.isWorthRetrying()).isTrue();
		assertThat(Reason.TLS_FAILED.isHostFailure()).isTrue();
		assertThat(Reason.UNTRUSTED.isWorthRetrying()).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "429, 300, TOO_MANY_REQUESTS", "503, 300, SERVER_ERROR", "429, 301, TOO_BUSY", "404, 301, NOT_FOUND" })
	void windowOfFiveMinutesIsWaitedFor(int status, int window, Reason reason) {
		HttpHeaders headers = new HttpHeaders();
		headers.add("RateLimit", "\"api\";r=0;t=" + window);
		assertThat(Failures.of(URL, URL, status, headers, new ManualClock()).reason()).isEqualTo(reason);
		HttpHeaders seconds = new HttpHeaders();
		seconds.add("Retry-After", String.valueOf(window + 1));
		assertThat(Failures.of(URL, URL, status, seconds, new ManualClock()).reason()).isEqualTo(reason);
	}

	@Test
	void signedLinkOfAnotherHostIsRefusedByThatHost() {
		RequestFailedException failure = Failures.of(URL, URI.create("https://b.example/x?sig=secret"), 403,
				new HttpHeaders(), new ManualClock());
		assertThat(failure.reason()).isEqualTo(Reason.LINK_REFUSED);
		assertThat(failure).hasMessage("https://b.example/x answered 403 (redirected from https://a.example/m.gguf)");
		assertThat(failure.retryAfter()).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "202, NOT_READY, the file is not ready yet", "204, ILLEGAL_RESPONSE, there is nothing at the URL",
			"406, REFUSED, in the requested form", "421, SERVER_ERROR, does not serve this host name",
			"425, SERVER_ERROR, too early", "431, REFUSED, headers of the request are too large",
			"451, REFUSED, legal reasons", "511, LOGIN_REQUIRED, the network requires a login" })
	void statusThatFewPeopleKnowIsExplained(int status, Reason reason, String words) {
		RequestFailedException failure = Failures.of(URL, URL, status, new HttpHeaders(), new ManualClock());
		assertThat(failure.reason()).isEqualTo(reason);
		assertThat(failure).hasMessageStartingWith("https://a.example/m.gguf answered " + status + ": ")
			.hasMessageContaining(words);
	}

	@Test
	void hostThatFailedAtTheEndOfARedirectIsNamedWithoutItsPath() {
		Hop there = new Hop(WebRequest.get(URL), URI.create("https://b.example:8443/secret?sig=secret"), 1, false,
				false, Set.of());
		assertThat(Failures.of(new ConnectException("refused"), there)).hasMessage(
				"https://b.example:8443/ does not accept connections" + " (redirected from https://a.example/m.gguf)");
	}

	/** Its expiry is the server's to mend, by another redirect. */
	@ParameterizedTest
	@ValueSource(ints = { 400, 401, 403 })
	void signedLinkOfTheOwnOriginIsNotTheConfiguredUrl(int status) {
		URI plain = URI.create("https://a.example/m.gguf");
		assertThat(Failures.of(plain, URL, status, new HttpHeaders(), new ManualClock()).reason())
			.isEqualTo(Reason.LINK_REFUSED);
	}

	@Test
	void pauseIsThatOfTheServer() {
		HttpHeaders headers = new HttpHeaders();
		headers.add("Retry-After", "7");
		assertThat(Failures.of(URL, URL, 425, headers, new ManualClock()).retryAfter())
			.isEqualTo(Duration.ofSeconds(7));
	}

	@Test
	void wordsOfAServerAreCut() {
		URI asked = URI.create("https://h/m");
		URI at = URI.create("https://h/" + "x".repeat(290_000));
		assertThat(new RequestFailedException(Reason.ILLEGAL_RESPONSE, asked, at, "sent " + "y".repeat(290_000), 0,
				null, null)
			.problem()).hasSizeBetween(1200, 1300).endsWith("… (redirected from https://h/m)");
	}

}
