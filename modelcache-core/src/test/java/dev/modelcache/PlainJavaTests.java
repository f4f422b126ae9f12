/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.ClassUtils;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * A cache that is built in plain Java, by its public API alone.
 */
class PlainJavaTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final GgufFile model = GgufFile.tiny();

	private ModelCacheBuilder builder() {
		return ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? this.directory.resolve("home").toString() : null)
			.cache((cache) -> cache.directory(this.directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.retryRegistry(RetryRegistry.of(Map.of("modelcache",
					RetryConfig.custom().intervalFunction(IntervalFunction.of(Duration.ofMillis(5))).build())))
			.download((download) -> download.allowInsecureHttp(true).responseTimeout(PATIENCE).stallTimeout(PATIENCE));
	}

	private static ModelRequest request(URI url) {
		return ModelRequest.builder("tiny").url(url).maxAttempts(1).build();
	}

	private String checksum() {
		return Content.of(this.model.bytes()).sha256().toString();
	}

	@Test
	void programWithoutSpringBootFetchesAModel() {
		fetchesAModel(PlainJavaExample.class, "spring-boot");
	}

	@Test
	void programWithoutNettyFetchesAModelOverTheJdkClient() {
		fetchesAModel(WithoutNetty.class, "netty");
	}

	private void fetchesAModel(Class<?> main, String without) {
		String classPath = Arrays.stream(ForkedJvm.classPath().split(File.pathSeparator))
			.filter((entry) -> !Path.of(entry).getFileName().toString().contains(without))
			.collect(Collectors.joining(File.pathSeparator));
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.model.content());
				ForkedJvm program = ForkedJvm.start(main.getName(), classPath, List.of(),
						this.directory.resolve("cache"), server.uri("/m.gguf"), checksum())) {
			String path = program.awaitLine("fetched ", PATIENCE).substring("fetched ".length());
			assertThat(Path.of(path)).satisfies(Content.exactly(this.model.bytes()));
			assertThat(program.awaitExit(PATIENCE)).as(program.output()).isZero();
		}
	}

	@Test
	void exampleOfTheDocumentationIsTheOneThatRuns() throws Exception {
		Path here = Path.of("").toAbsolutePath();
		Path root = Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
		String source = Files
			.readString(root.resolve("modelcache-core/src/test/java/dev/modelcache/PlainJavaExample.java"));
		String example = source.substring(source.indexOf("// @start\n") + 10, source.indexOf("\t\t// @end"))
			.lines()
			.map((line) -> line.replaceFirst("^\t\t", ""))
			.collect(Collectors.joining("\n"));
		assertThat(root.resolve("docs/plain-java.md")).content().contains(example);
	}

	@Test
	void modelIsFetchedOnceAndFoundByTheNextCache() {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.model.content())) {
			for (ModelOutcome outcome : List.of(ModelOutcome.DOWNLOADED, ModelOutcome.CACHED)) {
				List<ModelCacheEvent> events = new CopyOnWriteArrayList<>();
				try (ModelCache cache = builder().model(request(server.uri("/m.gguf"))).listener(events::add).build()) {
					CachedModel cached = cache.get("tiny").block(PATIENCE);
					assertThat(cached.outcome()).isEqualTo(outcome);
					assertThat(cached.path()).satisfies(Content.exactly(this.model.bytes()));
				}
			}
			assertThat(server.requests("/m.gguf")).hasSize(1);
		}
	}

	@Test
	void requestThatIsNotConfiguredIsFetched() {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.model.content());
				ModelCache cache = builder().build()) {
			assertThat(cache.get(request(server.uri("/m.gguf"))).map(CachedModel::path).block(PATIENCE))
				.satisfies(Content.exactly(this.model.bytes()));
		}
	}

	@Test
	void connectorIsMadeWhenItIsFirstNeeded() {
		AtomicInteger made = new AtomicInteger();
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.model.content());
				ModelCache cache = builder().model(request(server.uri("/m.gguf"))).connector(() -> {
					made.incrementAndGet();
					return new ReactorClientHttpConnector();
				}).build()) {
			assertThat(made).hasValue(0);
			cache.get("tiny").block(PATIENCE);
			assertThat(made).hasValue(1);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "localhost", "[::1]" })
	void redirectToAPrivateAddressIsRefusedIfItIsBlocked(String host) {
		try (MisbehavingServer inside = MisbehavingServer.start().serve("/m.gguf", this.model.content());
				MisbehavingServer outside = MisbehavingServer.start()
					.always("/m.gguf", Reply.redirect(302, "http://" + host + ":" + inside.port() + "/m.gguf"));
				ModelCache cache = builder().download((download) -> download.blockPrivateRedirects(true))
					.model(request(outside.uri("/m.gguf")))
					.build()) {
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> cache.get("tiny").block(PATIENCE))
				.withMessageContaining("redirects to the private address of");
			assertThat(inside.requests()).isEmpty();
		}
	}

	@Test
	void redirectOfAPrivateHostIsFollowed() {
		try (MisbehavingServer inside = MisbehavingServer.start().serve("/m.gguf", this.model.content());
				MisbehavingServer outside = MisbehavingServer.start()
					.always("/m.gguf", Reply.redirect(302, inside.uri("/m.gguf").toString()));
				ModelCache cache = builder().model(request(outside.uri("/m.gguf"))).build()) {
			assertThat(cache.get("tiny").map(CachedModel::path).block(PATIENCE))
				.satisfies(Content.exactly(this.model.bytes()));
		}
	}

	@Test
	void wrongOptionIsNamedAsItIsConfigured() {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> builder().download((download) -> download.connections(0)).build())
			.withMessageContaining("download.connections: must be between 1 and 64, but is 0")
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("download.connections"));
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(
					() -> builder().configuredAs("hooks.llm").lock((lock) -> lock.staleAfter(Duration.ZERO)).build())
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.lock.stale-after"));
	}

	@Test
	void wrongUrlIsRejectedWhenTheCacheIsBuilt() {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> builder().model(request(URI.create("carrier-pigeon://host/m.gguf"))).build())
			.withMessageContaining("has an unknown scheme, 'carrier-pigeon:'");
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> builder().download((download) -> download.allowInsecureHttp(false))
				.model(request(URI.create("http://host/m.gguf")))
				.build())
			.withMessageContaining("uses plain HTTP");
	}

	@Test
	void modelOfTheCatalogGetsItsUrlAndSmallerVariants() {
		ModelCacheBuilder builder = builder()
			.model(ModelRequest.builder("tiny").describedAs("tinyllama", null, null).build());
		try (ModelCache cache = builder.build(); ModelCacheOperations operations = builder.operations(cache)) {
			ModelRequest completed = operations.model("tiny");
			assertThat(completed.url()).isNotNull();
			assertThat(completed.estimatedSize()).isNotNull();
			assertThat(completed.fallbacks()).isNotEmpty();
		}
	}

	@Test
	void operationsAcquireInTheBackgroundAndMeasureTheCache() {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.model.content())) {
			ModelCacheBuilder builder = builder().model(request(server.uri("/m.gguf")));
			try (ModelCache cache = builder.build(); ModelCacheOperations operations = builder.operations(cache)) {
				assertThat(operations.status("tiny").state()).isEqualTo(ModelState.ABSENT);
				operations.ensure("tiny");
				cache.statuses().filter((status) -> status.state() == ModelState.READY).next().block(PATIENCE);
				assertThat(operations.usage().used().toBytes()).isGreaterThanOrEqualTo(this.model.bytes().length);
				assertThat(operations.usage().directory()).isEqualTo(this.directory.resolve("cache"));
				operations.evict("tiny").block(PATIENCE);
				assertThat(operations.status("tiny").state()).isEqualTo(ModelState.ABSENT);
				assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> operations.ensure("other"));
			}
		}
	}

	@Test
	void closedCacheCancelsWhatIsRunning() {
		try (MisbehavingServer server = MisbehavingServer.start().always("/m.gguf", Reply.ok().stallBeforeHeaders())) {
			ModelCache cache = builder().model(request(server.uri("/m.gguf"))).build();
			var get = cache.get("tiny").toFuture();
			server.awaitRequests("/m.gguf", 1);
			cache.close();
			assertThat(get).failsWithin(PATIENCE)
				.withThrowableThat()
				.withMessageContaining("the application is closing");
			cache.close();
		}
	}

	@Test
	void builderBuildsOneCache() {
		ModelCacheBuilder builder = builder();
		try (ModelCache cache = builder.build()) {
			assertThatIllegalStateException().isThrownBy(builder::build).withMessageContaining("Use a new builder");
		}
	}

	/** A program whose class path lacks Netty. */
	static final class WithoutNetty {

		private WithoutNetty() {
		}

		/**
		 * Fetches a model and prints its path.
		 * @param args the directory of the cache, the URL of the model, and its digest
		 */
		public static void main(String[] args) {
			if (ClassUtils.isPresent("io.netty.channel.Channel", null)) {
				throw new IllegalStateException("Netty is on the class path");
			}
			try (ModelCache cache = ModelCache.builder()
				.cache((options) -> options.directory(Path.of(args[0])))
				.download((options) -> options.allowInsecureHttp(true).responseTimeout(PATIENCE).stallTimeout(PATIENCE))
				.connector(JdkClientHttpConnector::new)
				.model(ModelRequest.builder("tiny")
					.url(URI.create(args[1]))
					.expectedDigest(Digest.parse(args[2]))
					.build())
				.build()) {
				System.out.println("fetched " + cache.get("tiny").map(CachedModel::path).block());
			}
		}

	}

}
