/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.NetworkCase;
import dev.modelcache.testsupport.NetworkCases;
import dev.modelcache.testsupport.TestCertificate;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Every case of {@link NetworkCases}, with a cache as an application has it.
 */
@Execution(ExecutionMode.CONCURRENT)
class NetworkCaseTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** A little more than the first request asks for. */
	private static final Content OF_TWO_REQUESTS = NetworkCases.model(9 << 18);

	/** Enough for four connections. */
	private static final Content OF_FIVE_SEGMENTS = NetworkCases.model(5 << 20);

	@TempDir
	Path directory;

	static Stream<Arguments> cases() {
		return Stream.concat(
				new NetworkCases(OF_TWO_REQUESTS).ofAnswers().map((given) -> Arguments.of(given, OF_TWO_REQUESTS)),
				new NetworkCases(OF_FIVE_SEGMENTS).ofTransfers().map((given) -> Arguments.of(given, OF_FIVE_SEGMENTS)));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("cases")
	void everyCaseEndsAsItShould(NetworkCase given, Content content) {
		try (MisbehavingServer server = given.start(content);
				ConnectProxy proxy = given.startProxy(server);
				ModelCache cache = builder(given, proxy).model(given.request(server, content)).build()) {
			if (given.code() == null) {
				CachedModel model = cache.get("m").block(PATIENCE);
				assertThat(model).isNotNull();
				assertThat(model.path()).matches(given.expected(content)::isIn);
			}
			else {
				assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> cache.get("m").block(PATIENCE))
					.satisfies((failure) -> assertThat(failure.code()).isEqualTo(given.code()))
					.withMessageContaining(given.problem());
			}
			assertThat(proxy == null || !proxy.requests().isEmpty()).isTrue();
		}
	}

	private ModelCacheBuilder builder(NetworkCase given, @Nullable ConnectProxy proxy) {
		ModelCacheBuilder builder = ModelCache.builder().environment((name) -> switch (name) {
			case "user.home" -> this.directory.resolve("home").toString();
			case "all_proxy" -> (proxy != null) ? "http://127.0.0.1:" + proxy.port() : null;
			default -> null;
		})
			.cache((cache) -> cache.directory(this.directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.retryRegistry(RetryRegistry.of(Map.of("modelcache",
					RetryConfig.custom()
						.intervalFunction(IntervalFunction.ofExponentialBackoff(Duration.ofMillis(10), 20))
						.build())))
			.connectors((rules) -> connector(rules, given.isTls()))
			.download((download) -> download.allowInsecureHttp(true).segmentSize(DataSize.ofMegabytes(1)));
		given.configure(builder);
		return builder;
	}

	private static ClientHttpConnector connector(ConnectorRules rules, boolean tls) {
		HttpClient client = rules.prepare(HttpClient.create());
		return new ReactorClientHttpConnector(
				tls ? client.secure((spec) -> spec.sslContext(Http11SslContextSpec.forClient()
					.configure((builder) -> builder.trustManager(TestCertificate.get().trust())))) : client);
	}

}
