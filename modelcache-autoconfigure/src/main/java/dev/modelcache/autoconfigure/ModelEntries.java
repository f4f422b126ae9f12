/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Configured models by their keys.
 */
final class ModelEntries {

	private static final Logger logger = LoggerFactory.getLogger(ModelEntries.class);

	private static final ConfigurationPropertyName MODELS = ConfigurationPropertyName
		.of(ModelCacheProperties.PREFIX + ".models");

	private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

	private final ModelCacheProperties properties;

	private final ConfigurableEnvironment environment;

	ModelEntries(ModelCacheProperties properties, ConfigurableEnvironment environment) {
		this.properties = properties;
		this.environment = environment;
	}

	/**
	 * Reads the models.
	 * @return the models, the one at the top level first
	 * @throws ModelConfigurationException if an id is invalid or has no valid keys
	 */
	Map<ModelKeys, ModelProperties> read() {
		Map<String, ModelProperties> models = this.properties.getModels();
		Map<ModelKeys, ModelProperties> entries = new LinkedHashMap<>();
		if (this.properties.identifiesModel()) {
			if (models.containsKey(ModelCacheProperties.DEFAULT_MODEL)) {
				throw ModelKeys.GENERAL.wrong("models." + ModelCacheProperties.DEFAULT_MODEL,
						"conflicts with the keys at the top level, which describe the same model",
						"Move its keys to the top level, or give it another id");
			}
			entries.put(ModelKeys.TOP_LEVEL, this.properties);
		}
		else {
			warnOfKeysWithoutModel();
		}
		models.forEach((id, model) -> {
			ModelKeys keys = ModelKeys.ofModel(id);
			checkId(keys, id);
			entries.put(keys, model);
		});
		rejectNamesOfNothing(models.keySet());
		return entries;
	}

	/** Such keys apply to the top-level model only. */
	private void warnOfKeysWithoutModel() {
		List<String> keys = this.properties.keysBesideModel();
		if (!keys.isEmpty()) {
			String id = this.properties.getModels().keySet().stream().findFirst().orElse("<id>");
			logger.warn(
					"Ignored: {}. Keys directly below {} apply only to the model '{}', which is not configured. Set "
							+ "them for each model, for example {}, or configure {}",
					keys.stream().map(ModelKeys.GENERAL::key).collect(Collectors.joining(", ")),
					ModelCacheProperties.PREFIX, ModelCacheProperties.DEFAULT_MODEL,
					ModelKeys.ofModel(id).key(keys.get(0)), ModelKeys.GENERAL.key("url"));
		}
	}

	private void checkId(ModelKeys keys, String id) {
		if (!ID.matcher(id).matches()) {
			throw new ModelConfigurationException(null, keys.prefix(), "is not a valid id of a model",
					"Start the id with a letter or a digit, and use only letters, digits, '-', '_' and '.'");
		}
	}

	/**
	 * Rejects entries that would silently be ignored because they do not bind to a model:
	 * an empty value, or only unknown keys.
	 * @param bound the ids of the models that were bound
	 */
	private void rejectNamesOfNothing(Set<String> bound) {
		Set<String> known = bound.stream().map(ModelEntries::uniform).collect(Collectors.toSet());
		ConfigurationKeys keys = new ConfigurationKeys(bound, Map.of());
		for (ConfigurationPropertySource source : ConfigurationPropertySources
			.from(this.environment.getPropertySources())) {
			// Variables may belong to other programs.
			if (source instanceof IterableConfigurationPropertySource iterable && !UnknownKeys.isVariable(source)) {
				iterable.stream()
					.filter(MODELS::isAncestorOf)
					.filter((name) -> !known.contains(uniform(id(name))))
					.findFirst()
					.ifPresent((name) -> rejectNameOfNothing(id(name), keys.nearest(name)));
			}
		}
	}

	private void rejectNameOfNothing(String id, @Nullable String nearest) {
		ModelKeys keys = ModelKeys.ofModel(id);
		String hint = (nearest != null) ? UnknownKeys.hint(nearest, false) : "";
		String action = "Set " + ((nearest != null) ? nearest : keys.key("url")) + hint + ", or remove the key";
		throw new ModelConfigurationException(null, keys.prefix(),
				"does not describe a model: it is empty or has only unknown keys",
				hint.isEmpty() ? action : "Enclose an id with dots in brackets. " + action);
	}

	private static String id(ConfigurationPropertyName name) {
		return name.getElement(MODELS.getNumberOfElements(), Form.ORIGINAL);
	}

	/** Environment variables are case-insensitive and have no dashes. */
	private static String uniform(String id) {
		return id.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
	}

}
