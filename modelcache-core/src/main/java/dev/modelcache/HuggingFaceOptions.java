package dev.modelcache;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * How to use a Hugging Face Hub: the keys below {@code hooks.llm.huggingface}.
 */
public final class HuggingFaceOptions {

	private @Nullable String endpoint;

	private @Nullable String token;

	private @Nullable Path cacheDirectory;

	HuggingFaceOptions() {
	}

	/**
	 * Returns the address of the Hub; {@code HF_ENDPOINT} or
	 * {@code https://huggingface.co} by default.
	 * @return the value
	 */
	public @Nullable String endpoint() {
		return this.endpoint;
	}

	/**
	 * Sets the address of the Hub; {@code HF_ENDPOINT} or {@code https://huggingface.co}
	 * by default.
	 * @param endpoint the value, or {@code null} for the default
	 * @return these options
	 */
	public HuggingFaceOptions endpoint(@Nullable String endpoint) {
		this.endpoint = endpoint;
		return this;
	}

	/**
	 * Returns the token; {@code HF_TOKEN} or the token file of the Hub's own tools by
	 * default.
	 * @return the value
	 */
	public @Nullable String token() {
		return this.token;
	}

	/**
	 * Sets the token; {@code HF_TOKEN} or the token file of the Hub's own tools by
	 * default.
	 * @param token the value, or {@code null} for the default
	 * @return these options
	 */
	public HuggingFaceOptions token(@Nullable String token) {
		this.token = token;
		return this;
	}

	/**
	 * Returns the cache of the Hub's own tools; {@code HF_HUB_CACHE} or {@code HF_HOME}
	 * by default.
	 * @return the value
	 */
	public @Nullable Path cacheDirectory() {
		return this.cacheDirectory;
	}

	/**
	 * Sets the cache of the Hub's own tools; {@code HF_HUB_CACHE} or {@code HF_HOME} by
	 * default.
	 * @param cacheDirectory the value, or {@code null} for the default
	 * @return these options
	 */
	public HuggingFaceOptions cacheDirectory(@Nullable Path cacheDirectory) {
		this.cacheDirectory = cacheDirectory;
		return this;
	}

}
