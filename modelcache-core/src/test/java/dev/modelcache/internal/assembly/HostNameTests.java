/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

import dev.modelcache.CachedModel;
import dev.modelcache.ConnectorRules;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.NetworkCases;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import reactor.netty.http.client.HttpClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Host names that {@link URI} does not take for one, as containers and networks have
 * them. Every name is the loopback address here.
 */
class HostNameTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	Path directory;

	private final Content content = NetworkCases.model(3 << 20);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void close() {
		this.server.close();
	}

	private ModelCache cache(URI url, Function<ConnectorRules, ClientHttpConnector> connectors) {
		return ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? this.directory.resolve("home").toString() : null)
			.cache((cache) -> cache.directory(this.directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.connectors(connectors)
			.download((download) -> download.allowInsecureHttp(true).segmentSize(DataSize.ofMegabytes(1)))
			.model(ModelRequest.builder("m").url(url).expectedDigest(this.content.sha256()).maxAttempts(1).build())
			.build();
	}

	private static ClientHttpConnector reactor(ConnectorRules rules) {
		return new ReactorClientHttpConnector(rules.prepare(HttpClient.create()).resolver(new Loopback()));
	}

	private URI url(String host) {
		return URI.create("http://" + host + ":" + this.server.port() + "/m.gguf");
	}

	@ParameterizedTest
	@CsvSource({ "model_server, model_server", "u:secret@Model_Server, Model_Server", "3f2a, 3f2a",
			"bücher.test, xn--bcher-kva.test" })
	void modelOfAHostWithSuchANameArrives(String host, String sent) {
		try (ModelCache cache = cache(url(host), HostNameTests::reactor)) {
			CachedModel model = cache.get("m").block(PATIENCE);
			assertThat(model).isNotNull();
			assertThat(model.path()).matches(this.content::isIn);
			List<RecordedRequest> requests = this.server.requests("/m.gguf");
			assertThat(requests).extracting((request) -> request.header("Host").toLowerCase(Locale.ROOT))
				.containsOnly(sent.toLowerCase(Locale.ROOT) + ":" + this.server.port());
			assertThat(requests).extracting((request) -> request.header("Authorization"))
				.containsOnly(host.startsWith("u:") ? "Basic dTpzZWNyZXQ=" : null);
			assertThat(String.valueOf(cache.status("m"))).doesNotContain("secret");
		}
	}

	@Test
	void redirectToAHostWithAnUnderscoreIsFollowed() {
		this.server.always("/r.gguf", Reply.redirect(302, url("u:pw@minio_1").toString()));
		URI start = URI.create("http://127.0.0.1:" + this.server.port() + "/r.gguf");
		try (ModelCache cache = cache(start, HostNameTests::reactor)) {
			assertThat(cache.get("m").block(PATIENCE)).isNotNull();
			assertThat(this.server.requests("/m.gguf")).isNotEmpty().allSatisfy((request) -> {
				assertThat(request.header("Host")).isEqualTo("minio_1:" + this.server.port());
				assertThat(request.header("Authorization")).isEqualTo("Basic dTpwdw==");
			});
		}
	}

	@Test
	void errorNamesAHostWithAnUnderscore() {
		this.server.always("/m.gguf", Reply.status(404));
		try (ModelCache cache = cache(url("u:secret@model_server"), HostNameTests::reactor)) {
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> cache.get("m").block(PATIENCE))
				.withMessageContaining(url("model_server") + " answered 404")
				.withMessageNotContaining("secret");
		}
	}

	@Test
	void clientThatDoesNotSupportSuchNamesSaysSo() {
		try (ModelCache cache = cache(url("model_server"), (rules) -> new JdkClientHttpConnector())) {
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> cache.get("m").block(PATIENCE))
				.withMessageContaining("has a host name that the application's HTTP connector does not support");
		}
	}

	private static final class Loopback extends AddressResolverGroup<InetSocketAddress> {

		@Override
		protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
			return new InetNameResolver(executor) {

				@Override
				protected void doResolve(String host, Promise<InetAddress> promise) {
					promise.setSuccess(InetAddress.getLoopbackAddress());
				}

				@Override
				protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
					promise.setSuccess(List.of(InetAddress.getLoopbackAddress()));
				}

			}.asAddressResolver();
		}

	}

}
