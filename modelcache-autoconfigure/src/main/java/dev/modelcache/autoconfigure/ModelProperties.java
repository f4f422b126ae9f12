package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The keys of one model.
 */
public class ModelProperties extends ModelSourceProperties {

	/**
	 * URL of the same model elsewhere, tried when the URL and the mirrors are exhausted.
	 */
	private @Nullable String fallbackUrl;

	/**
	 * Other models to serve instead, in order, such as smaller quantizations.
	 */
	private List<ModelSourceProperties> fallbacks = new ArrayList<>();

	/**
	 * Whether to refuse a file that no digest proves.
	 */
	private boolean requireChecksum = false;

	/**
	 * Number of requests in a row that may bring no new byte, per mirror, and of
	 * whole-file attempts when the digest does not match. 0 and 1 both mean one try.
	 */
	private int maxRetries = 3;

	/**
	 * Whether the application's health depends on the model.
	 */
	private boolean required = true;

	/**
	 * Time-out of one classification, in milliseconds.
	 */
	private int inferenceTimeoutMs = 2000;

	/**
	 * Sampling temperature, 0 or more.
	 */
	private double temperature = 0.1;

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

	public int getMaxRetries() {
		return this.maxRetries;
	}

	public void setMaxRetries(int maxRetries) {
		this.maxRetries = maxRetries;
	}

	public boolean isRequired() {
		return this.required;
	}

	public void setRequired(boolean required) {
		this.required = required;
	}

	public int getInferenceTimeoutMs() {
		return this.inferenceTimeoutMs;
	}

	public void setInferenceTimeoutMs(int inferenceTimeoutMs) {
		this.inferenceTimeoutMs = inferenceTimeoutMs;
	}

	public double getTemperature() {
		return this.temperature;
	}

	public void setTemperature(double temperature) {
		this.temperature = temperature;
	}

	@Override
	boolean identifiesModel() {
		return super.identifiesModel() || this.fallbackUrl != null || !this.fallbacks.isEmpty();
	}

}
