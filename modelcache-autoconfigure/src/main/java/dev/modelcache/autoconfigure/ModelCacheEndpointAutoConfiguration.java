/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Locale;

import dev.modelcache.ModelCacheOperations;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/**
 * {@link AutoConfiguration Auto-configuration} for the {@code modelcache} endpoint.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnClass({ WebEndpoint.class, ConditionalOnAvailableEndpoint.class })
@ConditionalOnBean(ModelCacheOperations.class)
public class ModelCacheEndpointAutoConfiguration {

	@InternalBean("dev.modelcache.autoconfigure.ModelCacheEndpoint.ORIGINAL")
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint
	ModelCacheEndpoint modelCacheEndpoint(@Lazy ModelCacheOperations operations, Environment environment) {
		// The type of the properties would be loaded where nothing is configured.
		return new ModelCacheEndpoint(operations,
				() -> environment.getProperty("hooks.llm.startup.mode", "background").toLowerCase(Locale.ROOT),
				BlockingBridge::await);
	}

}
