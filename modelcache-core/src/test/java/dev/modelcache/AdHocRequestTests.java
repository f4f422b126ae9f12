/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What requests that are not configured leave behind in the application's registries, and
 * how often they are tried.
 */
class AdHocRequestTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final RetryConfig DELAYS = RetryConfig.custom()
		.intervalFunction(IntervalFunction.of(Duration.ofMillis(5)))
		.build();

	@TempDir
	private Path directory;

	private final RetryRegistry retries = RetryRegistry.of(Map.of("modelcache", DELAYS));

	private final CircuitBreakerRegistry breakers = CircuitBreakerRegistry.ofDefaults();

	private final GgufFile model = GgufFile.tiny();

	private final MisbehavingServer configured = MisbehavingServer.start().serve("/m.gguf", this.model.content());

	private final MisbehavingServer other = MisbehavingServer.start().serve("/m.gguf", this.model.content());

	@AfterEach
	void close() {
		this.configured.close();
		this.other.close();
	}

	@Test
	void requestThatSaysNowhereWhereTheModelIsFailsWithWhatToDo() {
		try (ModelCache cache = builder().build()) {
			assertThatExceptionOfType(ModelConfigurationException.class)
				.isThrownBy(() -> cache.get(ModelRequest.builder("nowhere").build()).block(PATIENCE))
				.withMessageContaining("neither a url nor a model-path");
		}
	}

	@Test
	void modelsThatExpectTheSameShareTheMarkOfTheirFile() throws Exception {
		try (ModelCache cache = builder().build()) {
			for (int i = 0; i < 5; i++) {
				cache.get(request("tenant-" + i, this.other.uri("/m.gguf"), 1)).block(PATIENCE);
			}
			try (Stream<Path> locks = Files.list(this.directory.resolve("cache/locks"))) {
				assertThat(locks.filter((file) -> file.toString().endsWith(".user"))).hasSize(1);
			}
		}
	}

	private ModelCacheBuilder builder() {
		return ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? this.directory.resolve("home").toString() : null)
			.cache((cache) -> cache.directory(this.directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.retryRegistry(this.retries)
			.circuitBreakerRegistry(this.breakers)
			.download((download) -> download.allowInsecureHttp(true).responseTimeout(PATIENCE).stallTimeout(PATIENCE))
			.model(request("configured", this.configured.uri("/m.gguf"), 3));
	}

	private static ModelRequest request(String id, URI url, int attempts) {
		return ModelRequest.builder(id).url(url).maxAttempts(attempts).build();
	}

	/** With the private layout, nothing of another tool is looked for. */
	@Test
	void eachUrlOfAFileOfTheHubIsOneModel() {
		try (HubServer hub = HubServer.start();
				ModelCache cache = builder().huggingFace((options) -> options.endpoint(hub.endpoint().toString()))
					.cache((options) -> options.layout(CacheOptions.Layout.PRIVATE).adopt(false))
					.build()) {
			hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
				.large("m.gguf", this.model.content());
			Path path = null;
			for (String url : List.of("hf://org/repo/m.gguf", "hf:models/org/repo@main/m.gguf",
					"https://huggingface.co/org/repo/blob/main/m.gguf",
					"https://hf.co/org/repo/resolve/main/m.gguf?download=true")) {
				CachedModel found = cache.get(request("m" + url.length(), URI.create(url), 1)).block(PATIENCE);
				assertThat(found.verified()).isTrue();
				assertThat(found.outcome()).isEqualTo((path == null) ? ModelOutcome.DOWNLOADED : ModelOutcome.CACHED);
				path = (path == null) ? found.path() : path;
				assertThat(found.path()).isEqualTo(path);
			}
			assertThat(hub.cdn().requests()).hasSize(1);
			// At another endpoint, that address would not be a page of the Hub.
			URI mirror = URI.create(hub.endpoint() + "/org/repo/resolve/main/m.gguf");
			CachedModel mirrored = cache.get(request("mirrored", mirror, 1)).block(PATIENCE);
			assertThat(mirrored.verified()).isTrue();
			assertThat(mirrored.path()).isNotEqualTo(path);
		}
	}

	/** What else a page may name, only the resolver that takes it knows. */
	@ParameterizedTest
	@CsvSource({
			"https://huggingface.co/org/repo/resolve/main/m.gguf?variant=a, https://huggingface.co/org/repo/resolve/main/m.gguf?variant=b",
			"hf://org/repo@main/m.gguf, hf://org/repo/m.gguf" })
	void urlsThatAnotherResolverTakesKeepTheirIdentity(URI one, URI other) {
		SourceResolver own = new SourceResolver() {
			@Override
			public Set<String> schemes() {
				return Set.of("hf");
			}

			@Override
			public boolean recognizes(URI url) {
				return "huggingface.co".equals(url.getHost());
			}

			@Override
			public Mono<ResolvedModel> resolve(SourceLocation location) {
				return Mono.just(new ResolvedModel(List.of(new RemoteFile("m.gguf",
						List.of(new Mirror(AdHocRequestTests.this.other.uri("/m.gguf"), Map.of())), null, null)),
						null));
			}
		};
		try (ModelCache cache = builder().sourceResolver(own).build()) {
			Path path = cache.get(request("one", one, 1)).block(PATIENCE).path();
			assertThat(cache.get(request("other", other, 1)).block(PATIENCE).path()).isNotEqualTo(path);
		}
	}

	@Test
	void registriesHoldConfiguredModelsAndHostsOnly() {
		try (ModelCache cache = builder().build()) {
			cache.get("configured").block(PATIENCE);
			cache.get(request("one", this.other.uri("/m.gguf"), 3)).block(PATIENCE);
			cache.get(request("two", this.other.uri("/m.gguf"), 3)).block(PATIENCE);
		}
		assertThat(this.retries.getAllRetries()).extracting(Retry::getName).containsExactly("modelcache-configured");
		assertThat(this.breakers.getAllCircuitBreakers()).extracting(CircuitBreaker::getName)
			.containsExactly("modelcache-" + this.configured.uri("/").getAuthority());
	}

	@Test
	void instancesThatTheApplicationRegisteredAreUsed() {
		this.retries.retry("modelcache-one", RetryConfig.from(DELAYS).maxAttempts(4).build());
		CircuitBreaker breaker = this.breakers.circuitBreaker("modelcache-" + this.other.uri("/").getAuthority());
		this.other.always("/m.gguf", Reply.status(500));
		try (ModelCache cache = builder().build()) {
			fail(cache, request("one", this.other.uri("/m.gguf"), 2));
		}
		assertThat(this.other.requests("/m.gguf")).hasSize(4);
		assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isEqualTo(4);
		assertThat(this.retries.retry("modelcache-one").getMetrics().getNumberOfFailedCallsWithRetryAttempt()).isOne();
	}

	@Test
	void eachRequestHasItsOwnNumberOfAttempts() {
		this.other.always("/m.gguf", Reply.status(500));
		try (ModelCache cache = builder().build()) {
			fail(cache, request("configured", this.other.uri("/m.gguf"), 1));
			assertThat(this.other.requests("/m.gguf")).hasSize(1);
			assertThat(this.retries.retry("modelcache-configured").getRetryConfig().getMaxAttempts()).isEqualTo(3);
			fail(cache, request("one", this.other.uri("/m.gguf"), 4));
			assertThat(this.other.requests("/m.gguf")).hasSize(5);
			fail(cache, request("one", this.other.uri("/m.gguf"), 2));
			assertThat(this.other.requests("/m.gguf")).hasSize(7);
		}
	}

	private static void fail(ModelCache cache, ModelRequest request) {
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> cache.get(request).block(PATIENCE));
	}

	@Test
	void connectorThatCannotBeMadeIsNotTheFaultOfTheHostAndNotTriedAgain() {
		AtomicInteger made = new AtomicInteger();
		try (ModelCache cache = builder().connector(() -> {
			made.incrementAndGet();
			throw new IllegalStateException("no trust store");
		}).build()) {
			assertThatExceptionOfType(ModelTransferException.class)
				.isThrownBy(() -> cache.get("configured").block(PATIENCE))
				.withMessageContaining("no HTTP client can be created")
				.withMessageContaining("ssl-bundle");
		}
		assertThat(made).hasValue(1);
		assertThat(this.breakers.getAllCircuitBreakers())
			.allSatisfy((breaker) -> assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isZero());
	}

}
