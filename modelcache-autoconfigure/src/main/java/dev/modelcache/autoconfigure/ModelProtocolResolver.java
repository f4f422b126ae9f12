/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCache;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.core.io.ProtocolResolver;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * Resolves {@code model:} locations. It is registered in {@code spring.factories} because
 * a bean would be created too late; Spring Boot adds it to each application context.
 */
final class ModelProtocolResolver implements ProtocolResolver {

	@Override
	public @Nullable Resource resolve(String location, ResourceLoader loader) {
		// A constant, so that an application without such locations loads no other class.
		if (!location.startsWith(ModelLocation.SCHEME)) {
			return null;
		}
		ModelLocation model = ModelLocation.parse(location);
		if (!(loader instanceof ApplicationContext context)) {
			throw new IllegalStateException("'" + location + "' can only be resolved by an application context. "
					+ "Declare it as a Resource or a java.nio.file.Path");
		}
		return new ModelResource(model, new LocatedModels(() -> cache(context, model)));
	}

	private static ModelCache cache(ApplicationContext context, ModelLocation location) {
		ModelCache cache = context.getBeanProvider(ModelCache.class).getIfAvailable();
		if (cache == null) {
			throw new IllegalStateException(
					"'" + location + "' requires the model cache, which is not available. Check that " + ""
							+ ModelCacheProperties.PREFIX + ".enabled is not false and that its "
							+ "auto-configuration is not excluded");
		}
		return cache;
	}

}
