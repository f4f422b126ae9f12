/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.Ordered;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;

/**
 * Prepares an application that is started only to {@linkplain Prefetch prefetch} its
 * models or to check them: it has no web server, and the argument {@code --check} is the
 * key {@code startup.check}.
 */
final class PrefetchEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	static final String PROPERTY_SOURCE = "modelcachePrefetch";

	private static final String MODE = ModelCacheProperties.PREFIX + ".startup.mode";

	private static final String CHECK = ModelCacheProperties.PREFIX + ".startup.check";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		Binder binder = Binder.get(environment);
		if (Boolean.getBoolean("spring.aot.processing")
				|| !binder.bind(ModelCacheProperties.PREFIX + ".enabled", Boolean.class).orElse(true)) {
			return;
		}
		boolean prefetch = binder.bind(MODE, String.class).orElse("").equalsIgnoreCase("prefetch");
		boolean check = isArgument(environment, CHECK) || (prefetch && isArgument(environment, "check"))
				|| binder.bind(CHECK, Boolean.class).orElse(false);
		if (prefetch || check) {
			environment.getPropertySources()
				.addFirst(new MapPropertySource(PROPERTY_SOURCE,
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
