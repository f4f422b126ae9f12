/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.PropertySourceInfo;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.origin.SystemEnvironmentOrigin;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Prevents environment variables that Kubernetes and Docker set for services from being
 * bound as configuration. Those of a service {@code hooks-llm-models}, for example, would
 * define a model {@code port}. Such variables are moved to a property source without
 * relaxed binding, so that {@code ${HOOKS_LLM_SERVICE_HOST}} can still be resolved.
 */
final class ServiceVariablesEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	/**
	 * See "Environment variables" in the documentation of Kubernetes services and of
	 * Docker links.
	 */
	private static final Pattern NAME = Pattern
		.compile("_(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$");

	private static final Pattern ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		MutablePropertySources sources = environment.getPropertySources();
		for (PropertySource<?> source : List.copyOf(sources.stream().toList())) {
			if (source instanceof SystemEnvironmentPropertySource variables) {
				Map<String, Object> others = new HashMap<>(variables.getSource());
				Map<String, Object> ofServices = new HashMap<>();
				variables.getSource().forEach((name, value) -> {
					if (isOfService(name, value)) {
						others.remove(name);
						ofServices.put(name, value);
					}
				});
				if (!ofServices.isEmpty()) {
					sources.addAfter(source.getName(),
							new MapPropertySource(source.getName() + ".services", ofServices));
					sources.replace(source.getName(), new OtherVariables(variables, others));
				}
			}
		}
	}

	private static boolean isOfService(String name, Object value) {
		return name.contains("HOOKS_LLM_") && (NAME.matcher(name).find()
				|| (name.endsWith("_PORT") && ADDRESS.matcher(value.toString()).matches()));
	}

	/** Runs before the first post-processor that binds the properties. */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE - 1;
	}

	/**
	 * Environment variables without those of services. Preserves the origins that Spring
	 * Boot has recorded.
	 */
	private static final class OtherVariables extends SystemEnvironmentPropertySource
			implements OriginLookup<String>, PropertySourceInfo {

		private final @Nullable String prefix;

		OtherVariables(SystemEnvironmentPropertySource all, Map<String, Object> others) {
			super(all.getName(), others);
			this.prefix = (all instanceof PropertySourceInfo info) ? info.getPrefix() : null;
		}

		@Override
		public @Nullable Origin getOrigin(String key) {
			String name = resolvePropertyName(key);
			return super.containsProperty(name) ? new SystemEnvironmentOrigin(name) : null;
		}

		@Override
		public @Nullable String getPrefix() {
			return this.prefix;
		}

		@Override
		public boolean isImmutable() {
			return true;
		}

	}

}
