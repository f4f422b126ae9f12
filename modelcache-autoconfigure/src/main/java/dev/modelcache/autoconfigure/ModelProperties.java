/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.DeprecatedConfigurationProperty;

/**
 * Configuration of a model.
 */
public class ModelProperties extends ModelSourceProperties {

	private static final int DEFAULT_ATTEMPTS = 3;

	/**
	 * URL of the same model at another location, used when the URL and all mirrors have
	 * failed.
	 */
	private @Nullable String fallbackUrl;

	/**
	 * Other models to use when this model is not available, in order of preference.
	 * Smaller quantizations, for example.
	 */
	private List<ModelSourceProperties> fallbacks = new ArrayList<>();

	/**
	 * Whether to reject a file that cannot be verified with a digest.
	 */
	private boolean requireChecksum = false;

	/**
	 * Maximum number of consecutive requests to a mirror without a new byte, and of
	 * downloads of a file whose digest does not match. 0 and 1 both mean a single
	 * attempt. Also applies to the fallbacks.
	 */
	private @Nullable Integer maxAttempts;

	/**
	 * Maximum number of attempts.
	 */
	private @Nullable Integer maxRetries;

	/**
	 * Whether the health of the application, and its start with startup.mode=blocking,
	 * depend on this model.
	 */
	private boolean required = true;

	public @Nullable String getFallbackUrl() {
		return this.fallbackUrl;
	}

	public void setFallbackUrl(@Nullable String fallbackUrl) {
		this.fallbackUrl = fallbackUrl;
	}

	public List<ModelSourceProperties> getFallbacks() {
		return this.fallbacks;
	}

	public void setFallbacks(List<ModelSourceProperties> fallbacks) {
		this.fallbacks = fallbacks;
	}

	public boolean isRequireChecksum() {
		return this.requireChecksum;
	}

	public void setRequireChecksum(boolean requireChecksum) {
		this.requireChecksum = requireChecksum;
	}

	public @Nullable Integer getMaxAttempts() {
		return this.maxAttempts;
	}

	public void setMaxAttempts(@Nullable Integer maxAttempts) {
		this.maxAttempts = maxAttempts;
	}

	@Deprecated(since = "0.2.0", forRemoval = false)
	@DeprecatedConfigurationProperty(replacement = "hooks.llm.max-attempts", since = "0.2.0",
			reason = "The key counts attempts, not retries.")
	public @Nullable Integer getMaxRetries() {
		return this.maxRetries;
	}

	@Deprecated(since = "0.2.0", forRemoval = false)
	public void setMaxRetries(@Nullable Integer maxRetries) {
		this.maxRetries = maxRetries;
	}

	/**
	 * Returns the configured number of attempts, from the current or the deprecated
	 * property.
	 */
	int attempts() {
		if (this.maxAttempts != null) {
			return this.maxAttempts;
		}
		return (this.maxRetries != null) ? this.maxRetries : DEFAULT_ATTEMPTS;
	}

	public boolean isRequired() {
		return this.required;
	}

	public void setRequired(boolean required) {
		this.required = required;
	}

	/**
	 * Returns the keys that have a value and do not identify the model.
	 * @return their names, in kebab case
	 */
	List<String> keysBesideModel() {
		Map<String, Boolean> keys = new LinkedHashMap<>();
		keys.put("require-checksum", this.requireChecksum);
		keys.put("max-attempts", this.maxAttempts != null);
		keys.put("max-retries", this.maxRetries != null);
		keys.put("required", !this.required);
		keys.put("model-path-conflict", getModelPathConflict() != null);
		keys.put("identity", getIdentity() != null);
		keys.put("max-size", getMaxSize() != null);
		return keys.keySet().stream().filter(keys::get).toList();
	}

	@Override
	boolean identifiesModel() {
		return super.identifiesModel() || this.fallbackUrl != null || !this.fallbacks.isEmpty();
	}

}
