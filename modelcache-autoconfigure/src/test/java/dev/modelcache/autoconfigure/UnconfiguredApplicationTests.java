/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications that have the starter and nothing to fetch: no model, or one that is in
 * the cache.
 */
class UnconfiguredApplicationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** A class that the cache needs and nothing else loads. */
	private static final String ENGINE = "dev.modelcache.internal.store.StoreSettings";

	private static final Pattern LOADED = Pattern.compile("\\] ([\\w.$]+) ");

	/**
	 * What Spring Boot asks at each start, the conditions and what they ask for, and the
	 * beans that an application may inject, with the types of their methods.
	 */
	private static final List<String> LOADED_WITHOUT_KEYS = Stream
		.of("autoconfigure.ModelCacheEnvironmentPostProcessor", "autoconfigure.ModelProtocolResolver",
				"autoconfigure.OnConfiguration", "autoconfigure.ModelCacheBuilderCustomizer",
				"autoconfigure.ModelRuntimeAutoConfiguration$OnUse", "runtime.ModelLoader", "runtime.ModelManager",
				"autoconfigure.ModelCacheAutoConfiguration", "autoconfigure.InternalBean", "lock.CacheLockFactory",
				"ModelCache", "ModelCacheBuilder", "ModelCacheOperations", "ModelCacheView", "CacheUsage",
				"ModelRequest", "ModelStatus", "ModelUpdate",
				// With the endpoint exposed, and with Actuator and Spring AI.
				"autoconfigure.ModelCacheEndpointAutoConfiguration", "autoconfigure.BlockingBridge",
				"autoconfigure.ModelCacheEndpoint", "autoconfigure.ModelAction", "MirrorStatus", "TransferAttempt",
				"ModelCacheException", "ModelCancelledException", "ModelLockTimeoutException", "ModelNotFoundException",
				"autoconfigure.ModelCacheInfoAutoConfiguration", "autoconfigure.ModelCacheSpringAiAutoConfiguration",
				"autoconfigure.TransformersResources")
		.map("dev.modelcache."::concat)
		.toList();

	private static final String LOOKING = "dev.modelcache.internal.acquire.Acquisition";

	private static final Set<String> FETCHING = Set.of("dev.modelcache.internal.http.WebRangeClient",
			"dev.modelcache.internal.http.Redirects", "dev.modelcache.internal.assembly.NettyClients",
			"dev.modelcache.internal.transfer.file.FileRangeClient",
			"dev.modelcache.internal.source.web.HttpSourceResolver",
			"dev.modelcache.internal.source.huggingface.HuggingFaceResolver",
			"dev.modelcache.internal.source.oci.OciResolver", "dev.modelcache.internal.source.catalog.CatalogResolver",
			"reactor.netty.http.client.HttpClientOperations", "io.netty.handler.ssl.SslContext",
			"io.netty.resolver.dns.DnsNameResolver",
			"io.github.resilience4j.circuitbreaker.internal.CircuitBreakerStateMachine",
			"org.springframework.retry.support.RetryTemplate");

	@TempDir
	private Path directory;

	/** Starts an application, and returns what it printed until it printed a line. */
	private List<String> output(String line, List<String> properties) {
		Object[] arguments = Stream.concat(properties.stream(),
				Stream.of("server.port=0", "server.address=127.0.0.1", "spring.main.banner-mode=off",
						"spring.jmx.enabled=false", "management.endpoints.web.exposure.include=*",
						"logging.level.root=warn", "logging.pattern.console=%m%n"))
			.map("--"::concat)
			.toArray();
		List<String> options = new ArrayList<>(
				List.of("-XX:TieredStopAtLevel=1", "-Xlog:class+load:file=" + this.directory.resolve("classes")));
		if (Runtime.version().feature() >= 22) {
			// Else the JDK warns of Netty's native library.
			options.add("--enable-native-access=ALL-UNNAMED");
		}
		try (ForkedJvm application = ForkedJvm.start(UnconfiguredApplication.class, options, arguments)) {
			application.awaitLine(line, PATIENCE);
			return application.output().lines().toList();
		}
	}

	private List<String> has(String... properties) throws IOException {
		List<String> printed = output(UnconfiguredApplication.END, List.of(properties));
		return Stream.concat(printed.stream(), loaded(ENGINE::equals).stream())
			.filter((line) -> !line.equals(UnconfiguredApplication.END))
			.toList();
	}

	/** Returns which types the application loaded. */
	private Set<String> loaded(Predicate<String> which) throws IOException {
		return Files.readAllLines(this.directory.resolve("classes"))
			.stream()
			.map(LOADED::matcher)
			.filter(Matcher::find)
			.map((type) -> type.group(1))
			.filter(which)
			.collect(Collectors.toCollection(TreeSet::new));
	}

	@Test
	void applicationWithoutKeysHasNothingOfTheCache() throws IOException {
		assertThat(has()).isEmpty();
		assertThat(loaded((type) -> type.startsWith("dev.modelcache.") && !type.contains("Proxy")
				&& !type.equals(UnconfiguredApplication.class.getName())))
			.isSubsetOf(LOADED_WITHOUT_KEYS);
	}

	/**
	 * Nothing of the model is fetched, so what fetches it is not created: clients, their
	 * TLS context and resolver of host names, circuit breakers, and resolvers of sources.
	 */
	@Test
	void applicationWithACachedModelHasNoClient() throws IOException {
		Content content = Content.random(100_000, 1);
		List<String> properties;
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", content)) {
			properties = RunningApplication.model(server.uri("/m.gguf"), content, this.directory.resolve("cache"));
			try (RunningApplication application = RunningApplication.start(WebApplicationType.NONE, properties)) {
				application.cache().get("default").block(PATIENCE);
			}
		}
		output("Model 'default' is ready",
				Stream.concat(properties.stream(), Stream.of("logging.level.dev.modelcache=info")).toList());
		assertThat(loaded((type) -> FETCHING.contains(type) || type.equals(LOOKING))).containsExactly(LOOKING);
	}

	@Test
	void applicationWithKeysButWithoutAModelHasNoThread() throws IOException {
		assertThat(has("hooks.llm.cache.directory=" + this.directory.resolve("cache")))
			.noneMatch((line) -> line.startsWith(UnconfiguredApplication.THREAD))
			.contains(UnconfiguredApplication.CREATED, UnconfiguredApplication.HEALTH, ENGINE);
	}

	@Test
	void endpointOfAnApplicationWithoutKeysAnswersThatThereIsNoModel() {
		try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE,
				List.of("management.endpoints.web.exposure.include=modelcache,health"))) {
			assertThat(application.get("/actuator/modelcache").body().at("/models").isEmpty()).isTrue();
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(200);
			assertThat(application.health().isMissingNode()).isTrue();
		}
	}

	@Test
	void cacheIsCreatedForWhoAsksForIt() throws IOException {
		GgufFile model = GgufFile.tiny();
		Path file = Files.write(this.directory.resolve("source.gguf"), model.bytes());
		try (RunningApplication application = RunningApplication.start(WebApplicationType.NONE, List.of())) {
			ModelRequest request = ModelRequest.builder("any")
				.url(file.toUri())
				.modelPath(this.directory.resolve("m.gguf"))
				.build();
			assertThat(application.cache().get(request).map(CachedModel::path).block(PATIENCE))
				.satisfies(Content.exactly(model.bytes()));
		}
	}

	@Test
	void modelOfACustomizerIsAcquiredWithoutAnyKey() throws IOException {
		GgufFile model = GgufFile.tiny();
		Path file = Files.write(this.directory.resolve("source.gguf"), model.bytes());
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(ModelCacheAutoConfiguration.class, ModelCacheHealthAutoConfiguration.class))
			.withBean(ModelCacheBuilderCustomizer.class, () -> (builder) -> builder.model(
					ModelRequest.builder("mine").url(file.toUri()).modelPath(this.directory.resolve("m.gguf")).build()))
			.run((context) -> {
				assertThat(context).hasSingleBean(ModelCacheHealthIndicator.class);
				context.publishEvent(new ApplicationReadyEvent(new SpringApplication(), new String[0],
						context.getSourceApplicationContext(ConfigurableApplicationContext.class), Duration.ZERO));
				Awaitility.await()
					.atMost(PATIENCE)
					.until(() -> context.getBean(ModelCache.class).status("mine").state() == ModelState.READY);
			});
	}

}
