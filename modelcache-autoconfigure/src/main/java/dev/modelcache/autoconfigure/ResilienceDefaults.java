/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import dev.modelcache.ModelCacheBuilder;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Adds the Resilience4j defaults of the model cache as properties with the lowest
 * precedence, so that an application can override each of them.
 */
final class ResilienceDefaults {

	static final String PROPERTY_SOURCE = "modelcacheResilienceDefaults";

	/** Name of the shared configuration, and prefix of the names of instances. */
	static final String CONFIGURATION = "modelcache";

	private ResilienceDefaults() {
	}

	/**
	 * Adds the defaults.
	 * @param environment the environment
	 * @param binder binds from the environment
	 */
	static void add(ConfigurableEnvironment environment, Binder binder) {
		Map<String, Object> defaults = new LinkedHashMap<>();
		ModelCacheBuilder.resilienceDefaults().forEach((name, value) -> defaults.put("resilience4j." + name, value));
		addInstances(defaults, binder);
		Iterable<ConfigurationPropertySource> sources = ConfigurationPropertySources
			.from(environment.getPropertySources());
		// The application's default properties are moved behind this source later on.
		defaults.keySet().removeIf((name) -> isPresent(sources, name));
		environment.getPropertySources().addLast(new MapPropertySource(PROPERTY_SOURCE, defaults));
	}

	private static void addInstances(Map<String, Object> defaults, Binder binder) {
		ModelCacheProperties properties;
		try {
			properties = binder.bind(ModelCacheProperties.PREFIX, ModelCacheProperties.class)
				.orElseGet(ModelCacheProperties::new);
		}
		catch (BindException ex) {
			// Bound again, and then reported, when the application context is created.
			return;
		}
		if (properties.identifiesModel()) {
			addInstance(defaults, ModelCacheProperties.DEFAULT_MODEL, properties);
		}
		properties.getModels().forEach((id, model) -> addInstance(defaults, id, model));
	}

	private static void addInstance(Map<String, Object> defaults, String id, ModelProperties model) {
		String prefix = ModelKeys.entry("resilience4j.retry.instances", CONFIGURATION + "-" + id) + ".";
		defaults.put(prefix + "base-config", CONFIGURATION);
		defaults.put(prefix + "max-attempts", Math.max(1, model.attempts()));
	}

	private static boolean isPresent(Iterable<ConfigurationPropertySource> sources, String property) {
		ConfigurationPropertyName name = ConfigurationPropertyName.adapt(property, '.');
		for (ConfigurationPropertySource source : sources) {
			if (source.getConfigurationProperty(name) != null) {
				return true;
			}
		}
		return false;
	}

}
