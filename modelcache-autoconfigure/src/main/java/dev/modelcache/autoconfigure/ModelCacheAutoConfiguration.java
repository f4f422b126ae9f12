/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelCacheView;
import dev.modelcache.actuate.ProgressDisplay;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.ModelCatalog;
import dev.modelcache.source.SourceResolver;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.boot.context.event.SpringApplicationEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link AutoConfiguration Auto-configuration} for the model cache, which is created by a
 * builder that is configured with the properties and the beans of the application. Backs
 * off if the application defines its own {@code ModelCache} bean.
 * <p>
 * In an application without any key, the bean is created only if another bean requires
 * it.
 */
@AutoConfiguration(afterName = { "io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration",
		"io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration",
		"org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration",
		"org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration" })
@ConditionalOnClass(WebClient.class)
@ConditionalOnBooleanProperty(name = "hooks.llm.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ModelCacheProperties.class)
public class ModelCacheAutoConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(ModelCacheAutoConfiguration.class);

	@Lazy
	@InternalBean("dev.modelcache.ModelCacheBuilder.ORIGINAL")
	ModelCacheBuilder modelCacheBuilder(ModelCacheProperties properties, ConfigurableEnvironment environment,
			ConfigurableListableBeanFactory beans, ResourceLoader resources, ApplicationEvents events,
			@Nullable CacheLockFactory cacheLockFactory, ObjectProvider<SourceResolver> resolvers,
			ObjectProvider<ModelCatalog> catalogs, ObjectProvider<ProgressDisplay> displays,
			ObjectProvider<RetryRegistry> retries, ObjectProvider<CircuitBreakerRegistry> circuitBreakers,
			ObjectProvider<ClientHttpConnectorBuilder<?>> connectors, ObjectProvider<HttpClientSettings> base,
			ObjectProvider<SslBundles> bundles, ObjectProvider<ModelCacheBuilderCustomizer> customizers) {
		UnknownKeys.warn(properties.getModels().keySet(), environment, beans);
		ModelCacheBuilder builder = new BuilderMapping(properties, environment).map()
			.resourceLoader(resources)
			.listener(events)
			.retryRegistry(choose(retries, RetryRegistry.class, RetryRegistry::ofDefaults))
			.circuitBreakerRegistry(
					choose(circuitBreakers, CircuitBreakerRegistry.class, CircuitBreakerRegistry::ofDefaults));
		DownloadConnectors.configure(builder, properties.getDownload(),
				choose(connectors, ClientHttpConnectorBuilder.class, ClientHttpConnectorBuilder::detect),
				choose(base, HttpClientSettings.class, HttpClientSettings::defaults), bundles.getIfUnique());
		if (cacheLockFactory != null) {
			builder.lockFactory(cacheLockFactory);
		}
		resolvers.orderedStream().forEach(builder::sourceResolver);
		catalogs.orderedStream().forEach(builder::catalog);
		List<ProgressDisplay> own = displays.orderedStream().toList();
		own.forEach((display) -> builder.display(display::show));
		if (own.isEmpty()) {
			builder.display(new Progress(properties.getProgress()));
		}
		customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
		return builder;
	}

	/**
	 * Returns the only bean or the primary one. If there are several beans and none is
	 * primary, the default is used.
	 */
	private static <T> T choose(ObjectProvider<? extends T> candidates, Class<?> type, Supplier<T> defaults) {
		T chosen = candidates.getIfUnique();
		if (chosen != null) {
			return chosen;
		}
		if (candidates.stream().findAny().isPresent()) {
			logger.warn("Several beans of {} exist and none is primary, so downloads of models use defaults. "
					+ "Mark the one to use with @Primary", type.getName());
		}
		return defaults.get();
	}

	@InternalBean("dev.modelcache.autoconfigure.ApplicationEvents.ORIGINAL")
	ApplicationEvents modelCacheApplicationEvents(ApplicationContext context) {
		return new ApplicationEvents(context);
	}

	@Lazy
	@Bean(name = ModelCacheLifecycle.CACHE, destroyMethod = "close")
	@ConditionalOnMissingBean(ModelCache.class)
	@Proxyable(ProxyType.INTERFACES)
	ModelCache modelCache(ModelCacheBuilder builder) {
		return builder.build();
	}

	@Lazy
	@Bean(name = ModelCacheLifecycle.OPERATIONS, destroyMethod = "close")
	@ConditionalOnMissingBean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	@Proxyable(ProxyType.INTERFACES)
	ModelCacheOperations modelCacheOperations(ModelCacheBuilder builder, ModelCache modelCache) {
		return builder.operations(modelCache);
	}

	@InternalBean("dev.modelcache.autoconfigure.ModelCacheLifecycle.ORIGINAL")
	ModelCacheLifecycle modelCacheLifecycle(ApplicationContext context, ConfigurableListableBeanFactory beans) {
		return new ModelCacheLifecycle(context, beans);
	}

	/**
	 * Creates the cache when the application starts, and begins to acquire its models
	 * before the runners run.
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(OnConfiguration.class)
	static class StartupConfiguration {

		/** A runner of the application may go on for as long as the application does. */
		@Bean("dev.modelcache.autoconfigure.Startup")
		ApplicationListener<SpringApplicationEvent> modelCacheStartup(ModelCacheOperations operations,
				ModelCacheProperties properties) {
			ModelCacheProperties.Startup.Mode mode = properties.getStartup().getMode();
			boolean background = mode == ModelCacheProperties.Startup.Mode.BACKGROUND;
			// The events of child contexts come as well.
			AtomicBoolean started = new AtomicBoolean();
			return (event) -> {
				if (event instanceof ApplicationStartedEvent && started.compareAndSet(false, true)) {
					logModels(operations, mode);
					operations.startRefreshing();
					if (background) {
						operations.ensureAll();
					}
				}
				else if (event instanceof ApplicationReadyEvent && background) {
					operations.models().forEach((model) -> operations.ensureIfDue(model.id()));
				}
			};
		}

		private static void logModels(ModelCacheView view, ModelCacheProperties.Startup.Mode mode) {
			List<String> models = view.models()
				.stream()
				.map((model) -> model.id() + " from " + view.source(model.id()))
				.toList();
			if (!models.isEmpty()) {
				logger.info("{} configured: {} ({})", (models.size() == 1) ? "1 model" : models.size() + " models",
						String.join(", ", models), mode.name().toLowerCase(Locale.ROOT));
			}
		}

		/** A condition on the mode would be evaluated in the build by AOT processing. */
		@InternalBean("dev.modelcache.autoconfigure.BlockingStartup.ORIGINAL")
		ApplicationRunner modelCacheBlockingStartup(ModelCache modelCache, ModelCacheOperations operations,
				ModelCacheProperties properties, ConfigurableApplicationContext context) {
			boolean blocking = properties.getStartup().getMode() == ModelCacheProperties.Startup.Mode.BLOCKING;
			return new BlockingStartup(modelCache, blocking ? operations.models() : List.of(), context);
		}

	}

}
