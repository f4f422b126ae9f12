/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.util.Map;

import dev.modelcache.sample.ModelOrigin.Server;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.util.unit.DataSize;

/**
 * Starts the {@link ModelOrigin} if {@code sample.origin.enabled} is set, before any bean
 * needs its URLs, and stops it when the context closes, after all beans. While the
 * application is processed ahead of time, nothing is started.
 */
final class OriginInitializer implements ApplicationContextInitializer<GenericApplicationContext> {

	static final String ENABLED = "sample.origin.enabled";

	static final String RATE = "sample.origin.bytes-per-second";

	static final String LARGE_RATE = "sample.origin.large-bytes-per-second";

	static final String URL = "sample.origin.url";

	static final String MIRROR_URL = "sample.origin.mirror-url";

	static final String FALLBACK_URL = "sample.origin.fallback-url";

	@Override
	public void initialize(GenericApplicationContext context) {
		ConfigurableEnvironment environment = context.getEnvironment();
		if (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)
				|| !environment.getProperty(ENABLED, Boolean.class, false) || environment.containsProperty(URL)) {
			return;
		}
		ModelOrigin origin = ModelOrigin.start(rate(environment, RATE, "50KB"), rate(environment, LARGE_RATE, "600KB"));
		environment.getPropertySources()
			.addLast(new MapPropertySource("modelOrigin", Map.of(URL, origin.uri(Server.FIRST).toString(), MIRROR_URL,
					origin.uri(Server.MIRROR).toString(), FALLBACK_URL, origin.uri(Server.FALLBACK).toString())));
		DefaultListableBeanFactory beans = context.getDefaultListableBeanFactory();
		beans.registerSingleton("modelOrigin", origin);
		// What is registered first is destroyed last.
		beans.registerDisposableBean("modelOrigin", origin::close);
	}

	private static DataSize rate(ConfigurableEnvironment environment, String key, String otherwise) {
		return DataSize.parse(environment.getProperty(key, otherwise));
	}

}
