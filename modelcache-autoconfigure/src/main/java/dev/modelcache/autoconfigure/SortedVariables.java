/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
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
 * {@code hooks-llm-models}, are no configuration, and neither are empty variables.
 * <li>Variables of models become properties of the model that they mean
 * ({@link ModelVariables}). A variable of a model that does not exist is ignored;
 * {@link UnknownKeys} logs it.
 * <li>A variable of an element of a list, such as {@code HOOKS_LLM_FALLBACKS_0_URL},
 * changes that key and leaves the others of the list.
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

	/** The index of the element of a key that follows {@code hooks.llm.models}. */
	private static final int ID = 3;

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
		Map<String, Origin> origins = new HashMap<>();
		candidates.forEach((name, value) -> {
			String key = models.key(name);
			if (key != null) {
				aside.put(name, value);
				ofModels.put(key, value);
				origins.put(key, new SystemEnvironmentOrigin(name));
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
		addOtherElements(ofModels, origins, sources.stream().skip(sources.precedenceOf(variables) + 1L).toList());
		sources.addAfter(name, new MapPropertySource(name + ".aside", aside));
		sources.addAfter(name, new IgnoredVariables(name + ".ignored", ignored));
		sources.addBefore(name, new VariablesOfModels(name + ".models", ofModels, origins));
		sources.replace(name, new OtherVariables(variables, others));
	}

	/**
	 * Adds the keys of a list that variables set in part. Spring Boot takes all elements
	 * of a list from one source.
	 * @param set the keys that variables set, to which others are added
	 * @param origins where the keys are set
	 * @param lower the sources that variables come before
	 */
	private static void addOtherElements(Map<String, Object> set, Map<String, Origin> origins,
			List<PropertySource<?>> lower) {
		Set<ConfigurationPropertyName> names = new HashSet<>();
		Set<ConfigurationPropertyName> lists = new HashSet<>();
		for (String key : set.keySet()) {
			ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
			names.add(name);
			int element = name.getElement(ID - 1, Form.UNIFORM).equals("models") ? ID + 1 : ID;
			while (element < name.getNumberOfElements() && !name.isNumericIndex(element)) {
				element++;
			}
			if (element < name.getNumberOfElements()) {
				lists.add(name.chop(element));
			}
		}
		for (ConfigurationPropertyName list : lists) {
			for (PropertySource<?> source : lower) {
				if (addOtherElements(list, source, names, set, origins)) {
					break;
				}
			}
		}
	}

	/** Returns whether a source has the list. */
	private static boolean addOtherElements(ConfigurationPropertyName list, PropertySource<?> source,
			Set<ConfigurationPropertyName> names, Map<String, Object> set, Map<String, Origin> origins) {
		boolean found = false;
		for (ConfigurationPropertySource properties : ConfigurationPropertySources.from(source)) {
			if (properties instanceof IterableConfigurationPropertySource all) {
				for (ConfigurationPropertyName name : all) {
					ConfigurationProperty property = list.isAncestorOf(name) ? all.getConfigurationProperty(name)
							: null;
					found |= property != null;
					if (property != null && names.add(name)) {
						set.put(name.toString(), property.getValue());
						Origin origin = property.getOrigin();
						if (origin != null) {
							origins.put(name.toString(), origin);
						}
					}
				}
			}
		}
		return found;
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

	/**
	 * Variables of models, by the keys that they set, and the other keys of their lists.
	 */
	private static final class VariablesOfModels extends MapPropertySource implements OriginLookup<String> {

		private final Map<String, Origin> origins;

		VariablesOfModels(String name, Map<String, Object> values, Map<String, Origin> origins) {
			super(name, values);
			this.origins = origins;
		}

		@Override
		public @Nullable Origin getOrigin(String key) {
			return this.origins.get(key);
		}

	}

}
