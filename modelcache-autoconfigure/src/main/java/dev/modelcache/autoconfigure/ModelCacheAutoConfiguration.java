/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelCacheView;
import dev.modelcache.lock.CacheLockFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.boot.context.event.SpringApplicationEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.context.annotation.Role;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link AutoConfiguration Auto-configuration} for the model cache, which is created by a
 * builder that is configured with the properties and the beans of the application. Backs
 * off if the application defines its own {@code ModelCache} bean.
 * <p>
 * In an application without any key, the bean is created only if another bean requires
 * it, and no class of the cache is loaded but those of its two beans.
 */
@AutoConfiguration(afterName = { "io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration",
		"io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration",
		"org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration",
		"org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration" })
@ConditionalOnClass(WebClient.class)
@ConditionalOnBooleanProperty(name = "hooks.llm.enabled", matchIfMissing = true)
public class ModelCacheAutoConfiguration {

	private static final String BUILDER = "dev.modelcache.ModelCacheBuilder.ORIGINAL";

	@Lazy
	@Bean(name = ModelCacheLifecycle.CACHE, destroyMethod = "close")
	@DependsOn(BUILDER)
	@ConditionalOnMissingBean(ModelCache.class)
	@Proxyable(ProxyType.INTERFACES)
	ModelCache modelCache(BeanFactory beans) {
		return beans.getBean(BUILDER, ModelCacheBuilder.class).build();
	}

	@Lazy
	@Bean(name = ModelCacheLifecycle.OPERATIONS, destroyMethod = "close")
	@DependsOn(BUILDER)
	@ConditionalOnMissingBean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	@Proxyable(ProxyType.INTERFACES)
	ModelCacheOperations modelCacheOperations(BeanFactory beans, ModelCache modelCache) {
		return beans.getBean(BUILDER, ModelCacheBuilder.class).operations(modelCache);
	}

	/**
	 * Is declared without its type, as is the lifecycle: Spring loads the declared types
	 * of all beans, and the types of their methods, also in an application that does not
	 * use the cache.
	 */
	@Lazy
	@InternalBean(BUILDER)
	@DependsOn(ModelCacheLifecycle.NAME)
	Object modelCacheBuilder(ConfigurableApplicationContext context, @Nullable CacheLockFactory cacheLockFactory) {
		return BuilderMapping.builder(context, cacheLockFactory,
				context.getBean(ModelCacheLifecycle.NAME, ModelCacheLifecycle.class));
	}

	@Lazy
	@InternalBean(ModelCacheLifecycle.NAME)
	Object modelCacheLifecycle(ConfigurableApplicationContext context) {
		return new ModelCacheLifecycle(context);
	}

	/**
	 * Creates the cache when the application starts, and begins to acquire its models
	 * before the runners run.
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(OnConfiguration.class)
	@EnableConfigurationProperties(ModelCacheProperties.class)
	static class StartupConfiguration {

		private static final Logger logger = LoggerFactory.getLogger(ModelCacheAutoConfiguration.class);

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
			if (properties.getStartup().getMode() != ModelCacheProperties.Startup.Mode.BLOCKING) {
				return (arguments) -> {
				};
			}
			return new BlockingStartup(modelCache, operations.models(), context);
		}

	}

}
