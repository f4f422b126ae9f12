/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;

/**
 * Finds placeholders that Spring Boot leaves as they are: those without a value, and
 * those in names of keys.
 */
final class Placeholders {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(ModelCacheProperties.PREFIX);

	private static final Pattern PLACEHOLDER = Pattern.compile("(?<!\\\\)\\$\\{([^:}]*)");

	/** A value that is one placeholder, maybe with a default. */
	private static final Pattern ALONE = Pattern.compile("\\$\\{([^:}]+)(:[^}]*)?}");

	/** The last elements of keys that must not be empty. */
	private static final Set<String> NEVER_EMPTY = Set.of("url", "fallback-url", "identity", "model-path", "lock-file",
			"directory", "cache-directory");

	private Placeholders() {
	}

	/**
	 * Checks the keys below {@value ModelCacheProperties#PREFIX}.
	 * @param environment the environment
	 * @throws ModelConfigurationException if a name or a resolved value contains a
	 * placeholder
	 */
	static void check(ConfigurableEnvironment environment) {
		for (PropertySource<?> source : environment.getPropertySources()) {
			if (source instanceof EnumerablePropertySource<?> properties) {
				for (String name : properties.getPropertyNames()) {
					if (name.contains("${")
							&& name.toLowerCase(Locale.ROOT).startsWith(ModelCacheProperties.PREFIX + ".")) {
						throw new ModelConfigurationException(null, name,
								"has a placeholder in its name, but placeholders are resolved only in values",
								"Write the id or the name itself, and use the placeholder in the values below it");
					}
				}
			}
		}
		Set<ConfigurationPropertyName> seen = new HashSet<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.from(environment.getPropertySources())) {
			if (source instanceof IterableConfigurationPropertySource names) {
				names.stream()
					.filter((name) -> PREFIX.isAncestorOf(name) && seen.add(name))
					.forEach((name) -> check(environment, source.getConfigurationProperty(name)));
			}
		}
	}

	private static void check(ConfigurableEnvironment environment, @Nullable ConfigurationProperty property) {
		if (property != null && property.getValue() instanceof CharSequence value
				&& PLACEHOLDER.matcher(value).find()) {
			String resolved = environment.resolvePlaceholders(value.toString());
			String missing = missing(resolved);
			if (missing != null) {
				throw new ModelConfigurationException(null, property.getName().toString(), problem(missing),
						action(missing));
			}
			Matcher alone = ALONE.matcher(value);
			if (resolved.isBlank() && alone.matches() && NEVER_EMPTY.contains(lastElement(property.getName()))) {
				throw new ModelConfigurationException(null, property.getName().toString(),
						"is empty, because the placeholder ${" + alone.group(1) + "} is",
						"Set " + alone.group(1) + ", or remove the key");
			}
		}
	}

	private static String lastElement(ConfigurationPropertyName name) {
		return name.getLastElement(ConfigurationPropertyName.Form.DASHED);
	}

	/**
	 * Returns the first placeholder of a value.
	 * @param value the value
	 * @return the name of the placeholder, or {@code null}
	 */
	static @Nullable String missing(String value) {
		Matcher placeholder = PLACEHOLDER.matcher(value);
		return placeholder.find() ? placeholder.group(1) : null;
	}

	static String problem(String placeholder) {
		return "contains the placeholder ${" + placeholder + "}, which has no value";
	}

	static String action(String placeholder) {
		return "Set " + placeholder
				+ ", as a property or an environment variable, or give the placeholder a default: ${" + placeholder
				+ ":…}";
	}

}
