/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Prepares the environment of an application that has keys below
 * {@value ModelCacheProperties#PREFIX}: sorts its variables, prepares an application that
 * is started only to prefetch models, and adds the defaults for Resilience4j. In another
 * application it does nothing, and loads no other class.
 */
final class ModelCacheEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (!OnConfiguration.hasKeys(environment)) {
			return;
		}
		// First, because what follows binds the properties.
		SortedVariables.sort(environment);
		Binder binder = Binder.get(environment);
		if (OnConfiguration.hasKeys(environment)
				&& binder.bind(ModelCacheProperties.PREFIX + ".enabled", Boolean.class).orElse(true)) {
			Prefetch.prepare(environment, binder, application);
			ResilienceDefaults.add(environment, binder);
		}
	}

	/** Runs after the configuration files of the application were read. */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
