/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelRequest;
import dev.modelcache.actuate.ProgressDisplay;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.PropertySource;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.isA;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;

/**
 * Tests for the auto-configurations: what is there, with which neighbours, and what gives
 * way.
 */
@ExtendWith(OutputCaptureExtension.class)
class ModelCacheAutoConfigurationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final String METERS = "dev.modelcache.ModelCacheMeters.ORIGINAL";

	@TempDir
	private Path directory;

	private final Content content = GgufFile.tiny().content();

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
							ModelCacheAutoConfiguration.class, ModelCacheEndpointAutoConfiguration.class,
							ModelCacheHealthAutoConfiguration.class, ModelCacheMetricsAutoConfiguration.class))
			.withPropertyValues("hooks.llm.cache.directory=" + this.directory,
					"hooks.llm.huggingface.cache-directory=" + this.directory.resolve("hub"));
	}

	private ApplicationContextRunner downloading() {
		return runner().withPropertyValues("hooks.llm.url=" + this.server.uri("/m.gguf"),
				"hooks.llm.expected-checksum=" + this.content.sha256(), "hooks.llm.cache.min-free-space=1MB",
				"hooks.llm.download.allow-insecure-http=true");
	}

	private void assertDownloads(ApplicationContext context) {
		CachedModel model = context.getBean(ModelCache.class).get("default").block(PATIENCE);
		assertThat(model).isNotNull();
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void modelOfTheHubNeedsNothingButItsUrl() {
		try (HubServer hub = HubServer.start()) {
			hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567").large("m-Q4_K_M.gguf", this.content);
			runner()
				.withPropertyValues("hooks.llm.url=hf://org/repo:Q4_K_M",
						"hooks.llm.huggingface.endpoint=" + hub.endpoint(),
						"hooks.llm.download.allow-insecure-http=true", "hooks.llm.startup.mode=none")
				.run((context) -> {
					CachedModel model = context.getBean(ModelCache.class).get("default").block(PATIENCE);
					assertThat(model.verified()).isTrue();
					assertThat(model.digest()).isEqualTo(this.content.sha256());
				});
		}
	}

	@Test
	void downloadsWithEverythingThere() {
		downloading().run(this::assertDownloads);
	}

	@Test
	void unconfiguredDoesNothingAndIsUp() {
		runner().run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(ModelCache.class);
			assertThat(context.getBean(ModelCacheOperations.class).models()).isEmpty();
			assertThat(context.getBean(ModelCacheHealthIndicator.class).health().getStatus().getCode()).isEqualTo("UP");
			assertThat(this.directory).isEmptyDirectory();
		});
	}

	@Test
	void keysOfASourceThatDoesNotListThemCount() {
		Map<String, Object> keys = Map.of("hooks.llm.url", "https://host/m.gguf", "hooks.llm.cache.directory",
				this.directory.toString());
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ModelCacheAutoConfiguration.class))
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new PropertySource<>("jndi", keys) {
					@Override
					public @Nullable Object getProperty(String name) {
						return keys.get(name);
					}
				}))
			.run((context) -> assertThat(context.getBean(ModelCacheOperations.class).models())
				.extracting(ModelRequest::url)
				.containsExactly(URI.create("https://host/m.gguf")));
	}

	@Test
	void disabledIsNotThere() {
		downloading().withPropertyValues("hooks.llm.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(ModelCache.class)
				.doesNotHaveBean(ModelCacheProperties.class)
				.doesNotHaveBean(ModelCacheHealthIndicator.class)
				.doesNotHaveBean(ReadinessGroupMembership.class)
				.doesNotHaveBean(METERS)
				.doesNotHaveBean(ModelCacheEndpoint.class)
				.doesNotHaveBean(ProgressDisplay.class));
	}

	@Test
	void withoutWebClientIsNotThere() {
		runner().withClassLoader(new FilteredClassLoader(WebClient.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ModelCache.class));
	}

	@Test
	void applicationsOwnCacheWins() {
		ModelCache own = mock(ModelCache.class);
		downloading().withBean(ModelCache.class, () -> own).run((context) -> {
			assertThat(context).hasNotFailed().getBean(ModelCache.class).isSameAs(own);
		});
	}

	@Test
	void applicationsOwnPartsWin() {
		ProgressDisplay display = mock(ProgressDisplay.class);
		CacheLockFactory locks = mock(CacheLockFactory.class);
		downloading().withBean(ProgressDisplay.class, () -> display)
			.withBean(CacheLockFactory.class, () -> locks)
			.run((context) -> {
				assertThat(context.getBean(ProgressDisplay.class)).isSameAs(display);
				assertThat(context.getBean(CacheLockFactory.class)).isSameAs(locks);
			});
	}

	@Test
	void applicationsOwnHealthIndicatorWins() {
		runner().withBean("modelCacheHealthIndicator", HealthIndicator.class, () -> () -> null)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ModelCacheHealthIndicator.class));
	}

	@Test
	void anotherSchemeIsOneMoreResolver() {
		SourceResolver resolver = mock(SourceResolver.class);
		given(resolver.schemes()).willReturn(Set.of("carrier-pigeon"));
		given(resolver.canonical(any())).willAnswer((call) -> call.getArgument(0));
		runner().withBean("pigeons", SourceResolver.class, () -> resolver)
			.withPropertyValues("hooks.llm.url=carrier-pigeon://loft/m.gguf")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(ModelCacheOperations.class).model("default").url())
					.isEqualTo(URI.create("carrier-pigeon://loft/m.gguf"));
			});
	}

	@Test
	void withoutActuatorDownloads() {
		downloading()
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.health",
					"org.springframework.boot.actuate", "org.springframework.boot.micrometer"))
			.run((context) -> {
				assertThat(context).hasNotFailed()
					.doesNotHaveBean("modelCachehealthindicator")
					.doesNotHaveBean("dev.modelcache.autoconfigure.ModelCacheEndpoint.ORIGINAL");
				assertDownloads(context);
			});
	}

	@Test
	void withHealthButWithoutActuatorHasAnIndicatorAndNoGroup() {
		runner().withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(ModelCacheHealthIndicator.class)
				.doesNotHaveBean(ReadinessGroupMembership.class));
	}

	@Test
	void healthCheckCanBeDisabled() {
		runner().withConfiguration(AutoConfigurations.of(HealthContributorAutoConfiguration.class))
			.withPropertyValues("management.health.modelcache.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ModelCacheHealthIndicator.class));
	}

	@Test
	void membershipInTheReadinessGroupCanBeGivenUp() {
		runner().withPropertyValues("hooks.llm.health.readiness=false")
			.run((context) -> assertThat(context).hasSingleBean(ModelCacheHealthIndicator.class)
				.doesNotHaveBean(ReadinessGroupMembership.class));
	}

	@Test
	void endpointIsThereWhereItIsExposed() {
		runner().run((context) -> assertThat(context).doesNotHaveBean(ModelCacheEndpoint.class));
		exposing().run((context) -> assertThat(context).hasSingleBean(ModelCacheEndpoint.class));
		exposing().withPropertyValues("management.endpoint.modelcache.access=NONE")
			.run((context) -> assertThat(context).doesNotHaveBean(ModelCacheEndpoint.class));
	}

	@Test
	void applicationsOwnEndpointWins() {
		ModelCacheEndpoint own = new ModelCacheEndpoint(mock(ModelCacheOperations.class), () -> null, (mono) -> {
		});
		exposing().withBean("own", ModelCacheEndpoint.class, () -> own)
			.run((context) -> assertThat(context.getBean(ModelCacheEndpoint.class)).isSameAs(own));
	}

	private ApplicationContextRunner exposing() {
		return runner().withPropertyValues("management.endpoints.web.exposure.include=modelcache");
	}

	@Test
	void withoutMeterRegistryDownloadsUnmeasured() {
		downloading().run((context) -> {
			assertThat(context).doesNotHaveBean(METERS);
			assertDownloads(context);
		});
	}

	@Test
	void withMeterRegistryDownloadsMeasured() {
		downloading()
			.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
					CompositeMeterRegistryAutoConfiguration.class))
			.withBean(SimpleMeterRegistry.class)
			.run((context) -> {
				assertDownloads(context);
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				// Meters are told on a thread of their own.
				Awaitility.await()
					.atMost(Duration.ofMinutes(3))
					.ignoreExceptions()
					.until(() -> registry.get("modelcache.acquisitions").timer().count() == 1
							&& registry.get("modelcache.cache.size").gauge().value() >= this.content.size());
				assertThat(registry.get("modelcache.download.bytes")
					.tags("model", "default", "host", "127.0.0.1:" + this.server.port())
					.counter()
					.count()).isEqualTo(this.content.size());
				assertThat(registry.get("modelcache.acquisitions")
					.tags("model", "default", "outcome", "downloaded")
					.timer()
					.count()).isEqualTo(1);
				assertThat(registry.get("modelcache.verifications").tag("result", "match").timer().count())
					.isEqualTo(1);
				assertThat(registry.get("modelcache.lock.wait").timer().count()).isEqualTo(1);
				assertThat(registry.get("modelcache.download.active").gauge().value()).isZero();
				assertThat(registry.timer("modelcache.acquisition", "observed", "yes").getId().getDescription())
					.isNotNull();
				assertThat(registry.get("modelcache.model.ready").tag("model", "default").gauge().value()).isEqualTo(1);
				assertThat(registry.get("modelcache.cache.size").gauge().value())
					.isGreaterThanOrEqualTo(this.content.size());
			});
	}

	@Test
	void withoutNettyDownloadsOverTheJdkClient() {
		downloading().withClassLoader(new FilteredClassLoader("reactor.netty", "io.netty")).run(this::assertDownloads);
	}

	@Test
	void withTheJdkConnectorChosenDownloads() {
		downloading().withPropertyValues("spring.http.clients.reactive.connector=jdk").run(this::assertDownloads);
	}

	@Test
	void withoutTheModuleOfResilience4jDownloads() {
		downloading().withClassLoader(new FilteredClassLoader("io.github.resilience4j.springboot"))
			.run(this::assertDownloads);
	}

	@Test
	void unknownSslBundleStopsTheStart() {
		downloading().withPropertyValues("hooks.llm.download.ssl-bundle=nowhere")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("hooks.llm.download.ssl-bundle")
				.hasMessageContaining("the SSL bundle 'nowhere' does not exist"));
	}

	@Test
	void progressIsALogWithoutTerminal(CapturedOutput output) {
		downloading().run((context) -> {
			assertDownloads(context);
			Awaitility.await().atMost(PATIENCE).until(() -> output.getOut().contains("Model 'default': downloading"));
		});
	}

	@Test
	void progressIsABarOnStandardErrorThatIsRestoredWithTheEndOfTheCache(CapturedOutput output) {
		PrintStream err = System.err;
		downloading().withPropertyValues("hooks.llm.progress=bar").run((context) -> {
			assertThat(System.err).isSameAs(err);
			assertDownloads(context);
			Awaitility.await().atMost(PATIENCE).until(() -> output.getErr().contains("default 0:0"));
			assertThat(System.err).isNotSameAs(err);
		});
		assertThat(System.err).isSameAs(err);
	}

	@Test
	void progressOfTheApplicationReplacesOurs(CapturedOutput output) {
		ProgressDisplay own = mock(ProgressDisplay.class);
		downloading().withBean(ProgressDisplay.class, () -> own).run((context) -> {
			assertDownloads(context);
			verify(own, timeout(PATIENCE.toMillis())).show(isA(ModelReady.class));
		});
		assertThat(output).doesNotContain("Model 'default': downloading");
	}

	@Test
	void locksAndCustomizersOfTheApplicationReachTheCache() {
		CacheLockFactory locks = mock(CacheLockFactory.class);
		given(locks.acquire(any(), any())).willThrow(new IllegalStateException("the application's own lock"));
		downloading().withBean(CacheLockFactory.class, () -> locks)
			.withBean(ModelCacheBuilderCustomizer.class,
					() -> (builder) -> builder
						.model(ModelRequest.builder("more").url(this.server.uri("/m.gguf")).build()))
			.run((context) -> {
				assertThat(context.getBean(ModelCacheOperations.class).models()).extracting(ModelRequest::id)
					.containsExactly("default", "more");
				assertThatExceptionOfType(ModelCacheException.class)
					.isThrownBy(() -> context.getBean(ModelCache.class).get("more").block(PATIENCE))
					.withStackTraceContaining("the application's own lock");
			});
	}

}
