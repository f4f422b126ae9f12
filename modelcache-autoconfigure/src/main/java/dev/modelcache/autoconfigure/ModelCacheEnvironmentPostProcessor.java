/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Locale;
import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.Ordered;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.ClassUtils;

/**
 * Prepares the environment of an application that has keys below
 * {@value ModelCacheProperties#PREFIX}: sorts its variables, prepares an application that
 * is started only to {@linkplain Prefetch prefetch} its models or to check them, and adds
 * the defaults for the Spring Boot module of Resilience4j, if there is one. In another
 * application it does nothing, and loads no other class.
 */
final class ModelCacheEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	static final String PREFETCH_SOURCE = "modelcachePrefetch";

	private static final String RESILIENCE4J = "io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration";

	private static final String MODE = ModelCacheProperties.PREFIX + ".startup.mode";

	private static final String CHECK = ModelCacheProperties.PREFIX + ".startup.check";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (!OnConfiguration.hasKeys(environment)) {
			return;
		}
		if (hasVariables(environment)) {
			// First, because what follows binds the properties.
			SortedVariables.sort(environment);
			if (!OnConfiguration.hasKeys(environment)) {
				return;
			}
		}
		Binder binder = Binder.get(environment);
		preparePrefetch(environment, binder, application);
		if (binder.bind(ModelCacheProperties.PREFIX + ".enabled", Boolean.class).orElse(true)
				&& ClassUtils.isPresent(RESILIENCE4J, ModelCacheEnvironmentPostProcessor.class.getClassLoader())) {
			ResilienceDefaults.add(environment, binder);
		}
	}

	private static boolean hasVariables(ConfigurableEnvironment environment) {
		for (PropertySource<?> source : environment.getPropertySources()) {
			if (source instanceof SystemEnvironmentPropertySource variables) {
				for (String name : variables.getPropertyNames()) {
					if (name.toUpperCase(Locale.ROOT).contains(ModelVariables.PREFIX)) {
						return true;
					}
				}
			}
		}
		return false;
	}

	/**
	 * An application that prefetches has no web server, and the argument {@code --check}
	 * is the key {@code startup.check}.
	 */
	private static void preparePrefetch(ConfigurableEnvironment environment, Binder binder,
			SpringApplication application) {
		if (Boolean.getBoolean("spring.aot.processing")) {
			return;
		}
		boolean prefetch = binder.bind(MODE, String.class).orElse("").equalsIgnoreCase("prefetch");
		boolean check = isArgument(environment, CHECK) || (prefetch && isArgument(environment, "check"))
				|| binder.bind(CHECK, Boolean.class).orElse(false);
		if (prefetch || check) {
			environment.getPropertySources()
				.addFirst(new MapPropertySource(PREFETCH_SOURCE,
						Map.of("spring.main.web-application-type", "none", MODE, "prefetch", CHECK, check)));
			application.addInitializers(new Prefetch(check, System.out, System::exit));
		}
	}

	/** An argument without a value has an empty one. */
	private static boolean isArgument(ConfigurableEnvironment environment, String name) {
		PropertySource<?> arguments = environment.getPropertySources()
			.get(CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME);
		return arguments != null && "".equals(arguments.getProperty(name));
	}

	/** Runs after the configuration files of the application were read. */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
