/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Locale;

import dev.modelcache.ModelCacheOperations;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Lazy;

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
	ModelCacheEndpoint modelCacheEndpoint(@Lazy ModelCacheOperations operations,
			ObjectProvider<ModelCacheProperties> properties) {
		return new ModelCacheEndpoint(operations, () -> {
			// Not a method: its types would be loaded where nothing is configured.
			ModelCacheProperties known = properties.getIfUnique();
			return (known != null) ? known.getStartup().getMode().name().toLowerCase(Locale.ROOT) : null;
		}, BlockingBridge::await);
	}

}
