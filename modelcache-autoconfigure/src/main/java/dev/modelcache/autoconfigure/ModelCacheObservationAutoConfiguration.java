/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCacheObservations;
import dev.modelcache.ModelCacheOperations;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Conditional;

/**
 * {@link AutoConfiguration Auto-configuration} of the observations of acquisitions.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean({ ObservationRegistry.class, ModelCacheOperations.class })
@Conditional(OnConfiguration.class)
public class ModelCacheObservationAutoConfiguration {

	@InternalBean("dev.modelcache.ModelCacheObservations.ORIGINAL")
	ModelCacheBuilderCustomizer modelCacheObservations(BeanFactory beans) {
		return BuilderMapping.choose(beans, ObservationRegistry.class, "acquisitions of models are not observed")
			.<ModelCacheBuilderCustomizer>map((registry) -> new ModelCacheObservations(registry)::bindTo)
			.orElse((builder) -> {
			});
	}

}
