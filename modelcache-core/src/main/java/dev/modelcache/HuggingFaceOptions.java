/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Options for the access to a Hugging Face Hub, as configured with the keys below
 * {@code hooks.llm.huggingface}.
 */
public final class HuggingFaceOptions {

	private @Nullable String endpoint;

	private @Nullable String token;

	private @Nullable Path cacheDirectory;

	HuggingFaceOptions() {
	}

	/**
	 * Returns the URL of the Hub. Defaults to {@code HF_ENDPOINT} or
	 * {@code https://huggingface.co}.
	 * @return the URL, or {@code null} for the default
	 */
	public @Nullable String endpoint() {
		return this.endpoint;
	}

	/**
	 * Sets the URL of the Hub. Defaults to {@code HF_ENDPOINT} or
	 * {@code https://huggingface.co}.
	 * @param endpoint the URL, or {@code null} for the default
	 * @return these options
	 */
	public HuggingFaceOptions endpoint(@Nullable String endpoint) {
		this.endpoint = endpoint;
		return this;
	}

	/**
	 * Returns the token for private and gated repositories. Defaults to {@code HF_TOKEN}
	 * or the token that {@code hf auth login} has stored.
	 * @return the token, or {@code null} for the default
	 */
	public @Nullable String token() {
		return this.token;
	}

	/**
	 * Sets the token for private and gated repositories. Defaults to {@code HF_TOKEN} or
	 * the token that {@code hf auth login} has stored.
	 * @param token the token, or {@code null} for the default
	 * @return these options
	 */
	public HuggingFaceOptions token(@Nullable String token) {
		this.token = token;
		return this;
	}

	/**
	 * Returns the directory of the cache that is shared with the tools of the Hub.
	 * Defaults to the directory that {@code HF_HUB_CACHE} and {@code HF_HOME} specify, or
	 * {@code ~/.cache/huggingface/hub}.
	 * @return the directory, or {@code null} for the default
	 */
	public @Nullable Path cacheDirectory() {
		return this.cacheDirectory;
	}

	/**
	 * Sets the directory of the cache that is shared with the tools of the Hub. Defaults
	 * to the directory that {@code HF_HUB_CACHE} and {@code HF_HOME} specify, or
	 * {@code ~/.cache/huggingface/hub}.
	 * @param cacheDirectory the directory, or {@code null} for the default
	 * @return these options
	 */
	public HuggingFaceOptions cacheDirectory(@Nullable Path cacheDirectory) {
		this.cacheDirectory = cacheDirectory;
		return this;
	}

}
