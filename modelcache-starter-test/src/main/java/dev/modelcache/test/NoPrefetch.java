/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.util.HashMap;
import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Has a test start its application where the configuration says that models are
 * prefetched or checked, which would end the JVM of the tests.
 */
final class NoPrefetch implements EnvironmentPostProcessor, Ordered {

	private static final String MODE = "hooks.llm.startup.mode";

	private static final String CHECK = "hooks.llm.startup.check";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		Map<String, Object> replaced = new HashMap<>();
		if ("prefetch".equalsIgnoreCase(environment.getProperty(MODE))) {
			replaced.put(MODE, "blocking");
		}
		if (environment.getProperty(CHECK) != null) {
			replaced.put(CHECK, "false");
		}
		if (!replaced.isEmpty()) {
			environment.getPropertySources().addFirst(new MapPropertySource("modelCacheOfTestsNoPrefetch", replaced));
		}
	}

	/** Just before that of the model cache. */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE - 1;
	}

}
