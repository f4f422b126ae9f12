/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.aop.TargetSource;
import org.springframework.aop.framework.autoproxy.AbstractAutoProxyCreator;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.mockito.Mockito.mock;

/**
 * What an application may have beside ours: beans of any name, several beans of a type
 * that we use, and aspects for all beans.
 */
@ExtendWith(OutputCaptureExtension.class)
class BeansOfAnApplicationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HttpClientAutoConfiguration.class,
					ReactiveHttpClientAutoConfiguration.class, HealthContributorAutoConfiguration.class,
					HealthContributorRegistryAutoConfiguration.class, HealthEndpointAutoConfiguration.class,
					ModelCacheAutoConfiguration.class, ModelCacheEndpointAutoConfiguration.class,
					ModelCacheHealthAutoConfiguration.class, ModelCacheMetricsAutoConfiguration.class,
					ModelCacheObservationAutoConfiguration.class, ModelRuntimeAutoConfiguration.class))
			.withPropertyValues("hooks.llm.cache.directory=" + this.directory,
					"management.endpoints.web.exposure.include=*");
	}

	/**
	 * As Spring Boot has it: a bean of an application is never replaced by one of ours.
	 */
	private static void forbidOverriding(ConfigurableApplicationContext context) {
		((DefaultListableBeanFactory) context.getBeanFactory()).setAllowBeanDefinitionOverriding(false);
	}

	@ParameterizedTest
	@ValueSource(strings = { "modelCache", "modelCacheModels", "modelCacheStore", "modelCacheThreads",
			"modelCacheSettings", "modelCacheLocks", "modelCacheRetries", "modelCacheConnection",
			"modelCacheHealthIndicator", "modelCacheHealthContributor", "modelCacheEndpoint", "modelCacheLifecycle",
			"modelManager", "llmClassifier", "modelCacheMeters", "modelCacheGauges", "modelStore", "configuredModels",
			"sourceResolvers", "engineThreads", "rooms" })
	void beanMayHaveAnyName(String name) {
		runner().withInitializer(BeansOfAnApplicationTests::forbidOverriding)
			.withBean(name, String.class, () -> "the application's own")
			.withBean(ModelLoader.class, () -> mock(ModelLoader.class))
			.withBean(SimpleMeterRegistry.class)
			.run((context) -> {
				assertThat(context).hasNotFailed().hasSingleBean(ModelCache.class).hasSingleBean(ModelManager.class);
				assertThat(context.getBean(name)).isEqualTo("the application's own");
				assertThat(context.getBean(HealthContributorRegistry.class).getContributor("modelCache"))
					.isInstanceOf(ModelCacheHealthIndicator.class);
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "modelCache", "modelCacheHealthIndicator", "modelCacheHealthContributor",
			"modelCachehealthindicator", "modelCacheHEALTHcontributor" })
	void healthContributorOfTheApplicationReplacesOursAndTheLogSaysSo(String name, CapturedOutput output) {
		HealthIndicator own = () -> Health.up().build();
		runner().withInitializer(BeansOfAnApplicationTests::forbidOverriding)
			.withBean(name, HealthIndicator.class, () -> own)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(HealthContributorRegistry.class).getContributor("modelCache")).isSameAs(own);
			});
		assertThat(output).contains("'" + name + "' of the application replaces the health of the models");
	}

	@Test
	void reactiveHealthIndicatorOfTheApplicationReplacesOursAndTheLogSaysSo(CapturedOutput output) {
		runner()
			.withBean("modelCacheHealthIndicator", ReactiveHealthIndicator.class,
					() -> () -> Mono.just(Health.up().build()))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("modelCachehealthindicator"));
		assertThat(output).contains("'modelCacheHealthIndicator' of the application replaces the health of the models");
	}

	@Test
	void everyNameOfOursIsOneThatNoApplicationUses() {
		runner().withBean(ModelLoader.class, () -> mock(ModelLoader.class))
			.withBean(SimpleMeterRegistry.class)
			.withPropertyValues("hooks.llm.classifier.enabled=true")
			.run((context) -> {
				DefaultListableBeanFactory beans = (DefaultListableBeanFactory) context.getBeanFactory();
				List<String> names = new ArrayList<>();
				for (String name : beans.getBeanDefinitionNames()) {
					BeanDefinition definition = beans.getMergedBeanDefinition(name);
					String factory = definition.getFactoryBeanName();
					if (factory != null && factory.startsWith("dev.modelcache.")) {
						names.add(name);
					}
				}
				assertThat(names).hasSizeBetween(8, 15)
					.allMatch((name) -> name.startsWith("dev.modelcache.") || name.equals("modelCachehealthindicator"));
			});
	}

	@Test
	void applicationWithOneModelHasAtMostTwelveBeansOfOurs() {
		runner().withBean(SimpleMeterRegistry.class)
			.withPropertyValues("hooks.llm.url=https://example.com/m.gguf", "hooks.llm.startup.mode=none")
			.run((context) -> {
				DefaultListableBeanFactory beans = (DefaultListableBeanFactory) context.getBeanFactory();
				assertThat(Stream.of(beans.getBeanDefinitionNames()).filter((name) -> {
					Class<?> type = beans.getType(name, false);
					String factory = beans.getMergedBeanDefinition(name).getFactoryBeanName();
					return (type != null && type.getName().startsWith("dev.modelcache.")
							&& !type.getSimpleName().endsWith("Configuration"))
							|| (factory != null && factory.startsWith("dev.modelcache."));
				})).hasSizeBetween(8, 12);
			});
	}

	@Test
	void severalBeansOfTypesThatWeUseStartWithAWarning(CapturedOutput output) {
		GgufFile model = GgufFile.tiny();
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", model.content())) {
			runner().withBean("one", RetryRegistry.class, RetryRegistry::ofDefaults)
				.withBean("two", RetryRegistry.class, RetryRegistry::ofDefaults)
				.withBean("three", CircuitBreakerRegistry.class, CircuitBreakerRegistry::ofDefaults)
				.withBean("four", CircuitBreakerRegistry.class, CircuitBreakerRegistry::ofDefaults)
				.withBean("five", ClientHttpConnectorBuilder.class, ClientHttpConnectorBuilder::jdk)
				.withBean("six", ClientHttpConnectorBuilder.class, ClientHttpConnectorBuilder::jdk)
				.withBean("seven", ClientHttpConnector.class, JdkClientHttpConnector::new)
				.withBean("eight", ClientHttpConnector.class, JdkClientHttpConnector::new)
				.withBean("nine", HttpClientSettings.class, HttpClientSettings::defaults)
				.withBean("ten", HttpClientSettings.class, HttpClientSettings::defaults)
				.withBean("eleven", SslBundles.class, DefaultSslBundleRegistry::new)
				.withBean("twelve", SslBundles.class, DefaultSslBundleRegistry::new)
				.withBean("thirteen", ModelLoader.class, () -> mock(ModelLoader.class))
				.withBean("fourteen", ModelLoader.class, () -> mock(ModelLoader.class))
				.withBean("fifteen", MeterRegistry.class, SimpleMeterRegistry::new)
				.withBean("sixteen", MeterRegistry.class, SimpleMeterRegistry::new)
				.withBean("seventeen", ObservationRegistry.class, ObservationRegistry::create)
				.withBean("eighteen", ObservationRegistry.class, ObservationRegistry::create)
				.withPropertyValues("hooks.llm.url=" + server.uri("/m.gguf"),
						"hooks.llm.download.allow-insecure-http=true", "hooks.llm.cache.min-free-space=1MB")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(context.getBean(ModelCache.class).get("default").map(CachedModel::path).block(PATIENCE))
						.satisfies(Content.exactly(model.bytes()));
				});
		}
		assertThat(output.getOut()
			.lines()
			.filter((line) -> line.contains("none is primary"))
			.filter((line) -> line.contains("RetryRegistry"))).hasSize(1);
		assertThat(output).contains("Several beans of " + HttpClientSettings.class.getName())
			.contains(MeterRegistry.class.getName() + " exist and none is primary, so models have no meters")
			.contains(ObservationRegistry.class.getName() + " exist and none is primary");
	}

	@Test
	void primaryBeanIsUsed(CapturedOutput output) {
		RetryRegistry primary = RetryRegistry.ofDefaults();
		runner().withBean("one", RetryRegistry.class, RetryRegistry::ofDefaults)
			.withBean("two", RetryRegistry.class, () -> primary, (definition) -> definition.setPrimary(true))
			.withPropertyValues("hooks.llm.url=http://127.0.0.1:1/m.gguf", "hooks.llm.max-attempts=0",
					"hooks.llm.download.allow-insecure-http=true")
			.run((context) -> {
				context.getBean(ModelCache.class).get("default").onErrorComplete().block(PATIENCE);
				assertThat(primary.getAllRetries()).isNotEmpty();
			});
		assertThat(output).doesNotContain("none is primary");
	}

	@ParameterizedTest
	@ValueSource(classes = { ModelCache.class, CacheLockFactory.class, ModelLoader.class, ModelManager.class })
	<T> void severalBeansOfATypeOfOursAreNamedWithTheWayOut(Class<T> type, CapturedOutput output) {
		assertThatException().isThrownBy(() -> start(type.getPackageName().endsWith("runtime"),
				bean("one", type, false), bean("two", type, false)));
		assertThat(output)
			.contains("APPLICATION FAILED TO START",
					"several beans of the type " + type.getSimpleName() + ", and none of them is primary: one, two",
					"@Primary")
			.doesNotContain("Parameter 0");
	}

	@ParameterizedTest
	@ValueSource(classes = { ModelCache.class, CacheLockFactory.class })
	<T> void primaryBeanOrTheOneWithTheUsualNameIsUsed(Class<T> type) {
		start(bean("one", type, false), bean("two", type, true)).close();
		start(bean("one", type, false), bean(StringUtils.uncapitalize(type.getSimpleName()), type, false)).close();
	}

	private ConfigurableApplicationContext start(Consumer<GenericApplicationContext> one,
			Consumer<GenericApplicationContext> two) {
		return start(false, one, two);
	}

	private ConfigurableApplicationContext start(boolean classifier, Consumer<GenericApplicationContext> one,
			Consumer<GenericApplicationContext> two) {
		return new SpringApplicationBuilder(Nothing.class).web(WebApplicationType.NONE)
			.properties("hooks.llm.cache.directory=" + this.directory, "hooks.llm.classifier.enabled=" + classifier)
			.initializers((context) -> one.accept((GenericApplicationContext) context),
					(context) -> two.accept((GenericApplicationContext) context))
			.run();
	}

	private static <T> Consumer<GenericApplicationContext> bean(String name, Class<T> type, boolean primary) {
		return (context) -> context.registerBean(name, type, () -> mock(type),
				(definition) -> definition.setPrimary(primary));
	}

	@ParameterizedTest
	@ValueSource(strings = { "modelCache", "modelCache,other", "*" })
	void contributorThatTheApplicationExcludesFromReadinessIsNoMember(String excluded) {
		runner()
			.withPropertyValues("management.endpoint.health.group.readiness.exclude=" + excluded,
					"management.endpoint.health.group.readiness.include=*",
					"management.endpoint.health.validate-group-membership=false")
			.run((context) -> assertThat(
					context.getBean(HealthEndpointGroups.class).get("readiness").isMember("modelCache"))
				.isFalse());
	}

	@Test
	void contributorIsAMemberOfReadinessBesideThoseThatTheApplicationIncludes() {
		runner()
			.withPropertyValues("management.endpoint.health.group.readiness.exclude=db",
					"management.endpoint.health.group.readiness.include=ping",
					"management.endpoint.health.validate-group-membership=false")
			.run((context) -> assertThat(
					context.getBean(HealthEndpointGroups.class).get("readiness").isMember("modelCache"))
				.isTrue());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Nothing {

	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void applicationWithAspectsForAllBeansStartsAndDownloads(boolean proxyTargetClass) {
		GgufFile model = GgufFile.tiny();
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", model.content())) {
			runner()
				.withInitializer((context) -> ((DefaultListableBeanFactory) ((ConfigurableApplicationContext) context)
					.getBeanFactory()).registerBeanDefinition("aspect", aspect(proxyTargetClass)))
				.withBean(ModelLoader.class, () -> mock(ModelLoader.class))
				.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
				.withPropertyValues("hooks.llm.url=" + server.uri("/m.gguf"), "hooks.llm.progress=bar",
						"hooks.llm.classifier.enabled=true", "hooks.llm.download.allow-insecure-http=true",
						"hooks.llm.cache.min-free-space=1MB")
				.run((context) -> {
					assertThat(context).hasNotFailed().hasSingleBean(ModelManager.class);
					ModelCache cache = context.getBean(ModelCache.class);
					assertThat(AopUtils.isJdkDynamicProxy(cache)).isTrue();
					assertThat(cache.get("default").map(CachedModel::path).block(PATIENCE))
						.satisfies(Content.exactly(model.bytes()));
					assertThat(context.getBean(HealthEndpoint.class).healthForPath("modelCache").getStatus().getCode())
						.isEqualTo("UP");
					assertThat(context.getBean(EveryBean.class).calls).hasPositiveValue();
				});
		}
	}

	private static RootBeanDefinition aspect(boolean proxyTargetClass) {
		RootBeanDefinition definition = new RootBeanDefinition(EveryBean.class, () -> {
			EveryBean creator = new EveryBean();
			creator.setProxyTargetClass(proxyTargetClass);
			return creator;
		});
		definition.setRole(BeanDefinition.ROLE_INFRASTRUCTURE);
		return definition;
	}

	/**
	 * An aspect for every method of every bean but those of Spring, some of which are
	 * final.
	 */
	static class EveryBean extends AbstractAutoProxyCreator {

		private final AtomicInteger calls = new AtomicInteger();

		@Override
		protected Object[] getAdvicesAndAdvisorsForBean(Class<?> beanClass, String beanName, TargetSource source) {
			if (beanClass.getName().startsWith("org.springframework.")) {
				return DO_NOT_PROXY;
			}
			return new Object[] { (MethodInterceptor) (invocation) -> {
				this.calls.incrementAndGet();
				return invocation.proceed();
			} };
		}

	}

}
