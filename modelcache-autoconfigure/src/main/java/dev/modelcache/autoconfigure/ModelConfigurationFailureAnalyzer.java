/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

/**
 * Explains a start that a wrong value of a key stopped.
 */
final class ModelConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<ModelConfigurationException> {

	private final @Nullable Environment environment;

	/**
	 * Creates an analyzer.
	 * @param environment tells where a key is set; {@code null} if there is none yet
	 */
	ModelConfigurationFailureAnalyzer(@Nullable Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, ModelConfigurationException cause) {
		String model = (cause.modelId() != null) ? " of the model '" + cause.modelId() + "'" : "";
		return new FailureAnalysis("The configuration" + model + " is wrong:" + System.lineSeparator()
				+ System.lineSeparator() + "    " + cause.problem() + origin(cause.key()), cause.action(), cause);
	}

	/** A variable in particular has another name than the key. */
	private String origin(String key) {
		if (this.environment == null) {
			return "";
		}
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(this.environment)) {
			ConfigurationProperty property = source.getConfigurationProperty(ConfigurationPropertyName.adapt(key, '.'));
			if (property != null && property.getOrigin() != null) {
				return System.lineSeparator() + "    Set by: " + property.getOrigin();
			}
		}
		return "";
	}

}
