/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.env.PropertySourceInfo;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.origin.SystemEnvironmentOrigin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Sorts the environment variables that begin with {@code HOOKS_LLM_}, because relaxed
 * binding takes each of them for configuration.
 * <ul>
 * <li>Variables that Kubernetes and Docker set for services, such as those of a service
 * {@code hooks-llm-models}, are not configuration, and neither are empty variables.
 * <li>Variables of models become properties of the model that they mean
 * ({@link ModelVariables}). A variable of a model that does not exist is ignored;
 * {@link UnknownKeys} logs it.
 * </ul>
 * All variables can still be resolved by their names, as {@code ${HOOKS_LLM_PORT}}.
 */
final class SortedVariables {

	/**
	 * See "Environment variables" in the documentation of Kubernetes services and of
	 * Docker links.
	 */
	private static final Pattern NAME = Pattern
		.compile("_(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$");

	/**
	 * Name of the source of ignored variables. Spring Boot decides by the end of a name
	 * that relaxed binding reads a source as variables.
	 */
	static final String IGNORED = "ignored-" + StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

	private static final Pattern ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

	private SortedVariables() {
	}

	/**
	 * Sorts the variables.
	 * @param environment the environment
	 */
	static void sort(ConfigurableEnvironment environment) {
		MutablePropertySources sources = environment.getPropertySources();
		for (PropertySource<?> source : List.copyOf(sources.stream().toList())) {
			if (source instanceof SystemEnvironmentPropertySource variables) {
				sort(variables, sources);
			}
		}
	}

	private static void sort(SystemEnvironmentPropertySource variables, MutablePropertySources sources) {
		Map<String, Object> others = new HashMap<>(variables.getSource());
		Map<String, Object> aside = new HashMap<>();
		Map<String, Object> ignored = new HashMap<>();
		Map<String, Object> candidates = new HashMap<>();
		variables.getSource().forEach((name, value) -> {
			if (name.toUpperCase(Locale.ROOT).contains(ModelVariables.PREFIX)) {
				if (isOfService(name, value) || value.toString().isBlank()) {
					aside.put(name, value);
				}
				else {
					candidates.put(name, value);
				}
			}
		});
		ModelVariables models = new ModelVariables(sources, candidates.keySet());
		Map<String, Object> ofModels = new HashMap<>();
		Map<String, String> variableOf = new HashMap<>();
		candidates.forEach((name, value) -> {
			String key = models.key(name);
			if (key != null) {
				aside.put(name, value);
				ofModels.put(key, value);
				variableOf.put(key, name);
			}
			else if (models.isIgnored(name)) {
				ignored.put(name, value);
			}
		});
		aside.keySet().forEach(others::remove);
		ignored.keySet().forEach(others::remove);
		if (others.size() == variables.getSource().size()) {
			return;
		}
		String name = variables.getName();
		sources.addAfter(name, new MapPropertySource(name + ".aside", aside));
		sources.addAfter(name, new IgnoredVariables(name + ".ignored", ignored));
		sources.addBefore(name, new VariablesOfModels(name + ".models", ofModels, variableOf));
		sources.replace(name, new OtherVariables(variables, others));
	}

	private static boolean isOfService(String name, Object value) {
		return (NAME.matcher(name).find() || (name.endsWith("_PORT") && ADDRESS.matcher(value.toString()).matches()));
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

	/** Variables that set a key of a model that does not exist. */
	static final class IgnoredVariables extends MapPropertySource {

		IgnoredVariables(String name, Map<String, Object> variables) {
			super(name, variables);
		}

		/** Returns the variables as relaxed binding reads them. */
		SystemEnvironmentPropertySource asVariables() {
			return new OtherVariables(new SystemEnvironmentPropertySource(IGNORED, this.source), this.source);
		}

	}

	/** Variables of models, by the keys that they set. */
	private static final class VariablesOfModels extends MapPropertySource implements OriginLookup<String> {

		private final Map<String, String> variables;

		VariablesOfModels(String name, Map<String, Object> values, Map<String, String> variables) {
			super(name, values);
			this.variables = variables;
		}

		@Override
		public @Nullable Origin getOrigin(String key) {
			String variable = this.variables.get(key);
			return (variable != null) ? new SystemEnvironmentOrigin(variable) : null;
		}

	}

}
