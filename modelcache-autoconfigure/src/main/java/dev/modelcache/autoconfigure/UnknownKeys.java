/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.autoconfigure.SortedVariables.IgnoredVariables;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Logs warnings about unknown keys below {@value ModelCacheProperties#PREFIX}. Spring
 * Boot ignores such keys, so that a misspelled {@code expected-checksum} would have no
 * effect. Values are not logged.
 */
final class UnknownKeys {

	private static final Logger logger = LoggerFactory.getLogger(UnknownKeys.class);

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(ModelCacheProperties.PREFIX);

	private static final ConfigurationPropertyName MODELS = PREFIX.append("models");

	/** Keys of another module. */
	private static final ConfigurationPropertyName LLAMA = PREFIX.append("llama");

	private static final Pattern ID_IN_BRACKETS = Pattern.compile("\\[[0-9]*[^0-9\\]][^\\]]*\\]");

	private static final Pattern NOT_OF_A_KEY = Pattern.compile("[^A-Za-z0-9._\\[\\]-]");

	private UnknownKeys() {
	}

	/**
	 * Logs a warning for each key that does not exist.
	 * @param ids the ids of the models below {@code models}
	 * @param environment the environment with the keys
	 * @param beans the beans, including the properties of other modules
	 */
	static void warn(Set<String> ids, Environment environment, ListableBeanFactory beans) {
		ConfigurationKeys keys = null;
		Set<String> warned = new HashSet<>();
		for (ConfigurationPropertySource source : sources(environment)) {
			if (source.containsDescendantOf(PREFIX) == ConfigurationPropertyState.ABSENT
					|| !(source instanceof IterableConfigurationPropertySource names)) {
				continue;
			}
			keys = (keys != null) ? keys : new ConfigurationKeys(ids, properties(beans));
			for (ConfigurationPropertyName name : names) {
				boolean ignored = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource variables
						&& variables.getName().equals(SortedVariables.IGNORED);
				if (PREFIX.isAncestorOf(name) && (ignored || !keys.exists(name, isVariable(source)))
						&& warned.add(name.toString().replaceAll("[.-]", ""))) {
					ConfigurationPropertyName meant = ignored ? ofModel(ids, name) : name;
					warn(name, source.getConfigurationProperty(name), (meant != null) ? keys.nearest(meant) : null,
							isVariable(source));
				}
			}
		}
	}

	/**
	 * Returns the name of a variable with the id that it means, or null if it means none.
	 */
	private static @Nullable ConfigurationPropertyName ofModel(Set<String> ids, ConfigurationPropertyName name) {
		if (!MODELS.isAncestorOf(name)) {
			return name;
		}
		int start = MODELS.getNumberOfElements();
		StringBuilder words = new StringBuilder();
		for (int i = start; i < name.getNumberOfElements(); i++) {
			words.append(name.getElement(i, Form.UNIFORM));
			for (String id : ids) {
				if (ConfigurationKeys.uniform(id).contentEquals(words)) {
					return MODELS.append("[" + id + "]").append(name.subName(i + 1));
				}
			}
		}
		return null;
	}

	/** Returns all sources, with the variables that are ignored. */
	private static List<ConfigurationPropertySource> sources(Environment environment) {
		List<ConfigurationPropertySource> sources = new ArrayList<>();
		ConfigurationPropertySources.get(environment).forEach(sources::add);
		for (PropertySource<?> source : ((ConfigurableEnvironment) environment).getPropertySources()) {
			if (source instanceof IgnoredVariables ignored) {
				ConfigurationPropertySources.from(ignored.asVariables()).forEach(sources::add);
			}
		}
		return sources;
	}

	/**
	 * The name that Spring Boot gives such a bean consists of its prefix, a dash and its
	 * class.
	 */
	private static Map<String, Class<?>> properties(ListableBeanFactory beans) {
		Map<String, Class<?>> types = new LinkedHashMap<>();
		for (String name : beans.getBeanDefinitionNames()) {
			if (name.startsWith(ModelCacheProperties.PREFIX + ".") && name.indexOf('-') > 0) {
				Class<?> type = beans.getType(name, false);
				if (type != null) {
					types.put(name.substring(0, name.indexOf('-')), type);
				}
			}
		}
		return types;
	}

	/**
	 * Returns whether the names of a source are those of environment variables.
	 */
	static boolean isVariable(ConfigurationPropertySource source) {
		return source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
	}

	private static void warn(ConfigurationPropertyName name, @Nullable ConfigurationProperty property,
			@Nullable String nearest, boolean variable) {
		String key = name.toString();
		Object place = null;
		if (property != null && property.getOrigin() instanceof PropertySourceOrigin origin) {
			key = origin.getPropertyName();
			place = (origin.getOrigin() != null) ? origin.getOrigin() : origin.getPropertySource().getName();
		}
		String hint = "Correct it or remove it";
		if (LLAMA.isAncestorOf(name) && (nearest == null || !nearest.startsWith(LLAMA + "."))) {
			hint = "It requires the dependency dev.modelcache:modelcache-llama";
		}
		else if (nearest == null && MODELS.isAncestorOf(name)) {
			hint = "No model is configured whose id it contains";
		}
		else if (nearest != null) {
			hint = "Did you mean '" + nearest + "'" + hint(nearest, variable) + "?";
		}
		logger.warn("The key '{}'{} does not exist and is ignored. {}", shown(key),
				(place != null) ? " (" + place + ")" : "", hint);
	}

	/**
	 * Truncates the key at other characters, which could begin a header's value or a URL
	 * that became part of the key.
	 */
	private static String shown(String key) {
		Matcher other = NOT_OF_A_KEY.matcher(key);
		return other.find() ? key.substring(0, other.start()) + "…" : key;
	}

	/**
	 * Returns how to write a key if it is not obvious from its name.
	 */
	static String hint(String key, boolean variable) {
		if (variable) {
			return ", as a variable " + variable(key);
		}
		Matcher id = ID_IN_BRACKETS.matcher(key);
		return id.find() ? ", in YAML \"" + id.group() + "\"" : "";
	}

	private static String variable(String key) {
		return key.replace("-", "").replaceAll("[^A-Za-z0-9\\]]", "_").replace("]", "").toUpperCase(Locale.ROOT);
	}

}
