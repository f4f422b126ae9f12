/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.testsupport.TestCertificate;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;

/**
 * Metadata clients of tests: delays of 5 ms, plain http, and TLS with the certificate of
 * the tests.
 */
public final class MetadataClients {

	private MetadataClients() {
	}

	/** Returns a client that is as patient as a test. */
	public static MetadataClient create() {
		return create(Duration.ofMinutes(3), HttpSettings.LARGEST_ANSWER, Clock.systemUTC());
	}

	/** Returns a client with limits of its own. */
	public static MetadataClient create(Duration timeout, DataSize largestAnswer, Clock clock) {
		HttpClient wire = HttpClient.create()
			.secure((tls) -> tls.sslContext(Http11SslContextSpec.forClient()
				.configure((builder) -> builder.trustManager(TestCertificate.get().trust()))));
		WebClient webClient = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(NettyBuffers.forDownloads(wire)))
			.build();
		RetryConfig delays = RetryConfig.custom().intervalFunction(IntervalFunction.of(Duration.ofMillis(5))).build();
		Attempts attempts = new Attempts(RetryRegistry.of(Map.of("modelcache", delays)), (id) -> 3, () -> 0.5);
		return new MetadataClient(HttpConnections.anywhere(webClient),
				new HttpSettings(timeout, largestAnswer, 5, true), attempts, Schedulers.parallel(),
				Schedulers.boundedElastic(), clock);
	}

}
