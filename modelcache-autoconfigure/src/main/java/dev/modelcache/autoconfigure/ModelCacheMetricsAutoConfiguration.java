/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCacheMeters;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.runtime.ModelRuntimeMeters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * {@link AutoConfiguration Auto-configuration} for the meters of the model cache.
 */
@AutoConfiguration(after = { ModelCacheAutoConfiguration.class, ModelRuntimeAutoConfiguration.class },
		afterName = { "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ MeterRegistry.class, ModelCacheOperations.class })
@Conditional(OnConfiguration.class)
public class ModelCacheMetricsAutoConfiguration {

	@InternalBean("dev.modelcache.ModelCacheMeters.ORIGINAL")
	ModelCacheBuilderCustomizer modelCacheMeters(BeanFactory beans) {
		return BuilderMapping.choose(beans, MeterRegistry.class, "models have no meters")
			.<ModelCacheBuilderCustomizer>map((registry) -> new ModelCacheMeters(target(registry))::bindTo)
			.orElse((builder) -> {
			});
	}

	@InternalBean("dev.modelcache.MeterDescriptions.ORIGINAL")
	static MeterFilter modelCacheMeterDescriptions() {
		return ModelCacheMeters.descriptions();
	}

	/**
	 * Meters register with package-private methods, which a proxy of an application's
	 * aspect does not pass on.
	 */
	private static MeterRegistry target(MeterRegistry registry) {
		return (AopProxyUtils.getSingletonTarget(registry) instanceof MeterRegistry target) ? target : registry;
	}

	/** Meters of what uses the models. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(ModelManager.class)
	@ConditionalOnSingleCandidate(MeterRegistry.class)
	static class RuntimeConfiguration {

		@InternalBean("dev.modelcache.runtime.ModelRuntimeMeters.ORIGINAL")
		ModelRuntimeMeters modelCacheRuntimeMeters(MeterRegistry registry) {
			return new ModelRuntimeMeters(target(registry));
		}

	}

}
