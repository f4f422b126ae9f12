/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import dev.modelcache.ModelPathConflict;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Properties that models and fallbacks have in common. URLs and paths are bound as
 * strings, so that errors can be reported with the key and without credentials.
 */
public class ModelSourceProperties {

	/**
	 * URL of the model, such as "https://host/path/model.gguf",
	 * "file:///path/model.gguf", "hf://org/repo/model.gguf", "hf://org/repo:Q4_K_M",
	 * "ollama://gemma:2b", "oci://docker.io/ai/smollm2" or "catalog://tinyllama".
	 */
	private @Nullable String url;

	/**
	 * Additional URLs of the same file.
	 */
	private List<String> mirrors = new ArrayList<>();

	/**
	 * Files of the repository to download in addition to the one that the URL names, as
	 * paths or as globs such as "tokenizer*.json" and "onnx/**". Entries that begin with
	 * "!" leave files out.
	 */
	private List<String> files = new ArrayList<>();

	/**
	 * Text that identifies the model in place of its URL. By default, the URL without
	 * user-info and without parameters that grant access for a while, such as those of a
	 * presigned URL.
	 */
	private @Nullable String identity;

	/**
	 * Type of the model. If no URL is set, the name to look up in the catalog.
	 */
	private @Nullable String modelType;

	/**
	 * Name of the model. If no URL is set, the name to look up in the catalog when the
	 * type is not found.
	 */
	private @Nullable String modelName;

	/**
	 * Quantization, such as "Q4_K_M". If no URL is set, selects a variant from the
	 * catalog.
	 */
	private @Nullable String quantization;

	/**
	 * Path at which to store the file. "~" is the home directory. By default, a path in
	 * the cache directory.
	 */
	private @Nullable String modelPath;

	/**
	 * What to do when model-path contains a file that is not the model and was not stored
	 * by the cache. Defaults to "fail". A fallback uses the value of its model by
	 * default.
	 */
	private @Nullable ModelPathConflict modelPathConflict;

	/**
	 * Expected digest of the file, "sha256:" or "sha512:" followed by hexadecimal digits,
	 * or the digits alone.
	 */
	private @Nullable String expectedChecksum;

	/**
	 * Estimated size in megabytes. Used to show progress until the size is known.
	 */
	private @Nullable Integer modelSizeMb;

	/**
	 * Maximum size of a model from the catalog. The best variant that is not larger,
	 * according to the catalog, is used.
	 */
	private @Nullable DataSize maxSize;

	public @Nullable String getUrl() {
		return this.url;
	}

	public void setUrl(@Nullable String url) {
		this.url = url;
	}

	public List<String> getMirrors() {
		return this.mirrors;
	}

	public void setMirrors(List<String> mirrors) {
		this.mirrors = mirrors;
	}

	public List<String> getFiles() {
		return this.files;
	}

	public void setFiles(List<String> files) {
		this.files = files;
	}

	public @Nullable String getIdentity() {
		return this.identity;
	}

	public void setIdentity(@Nullable String identity) {
		this.identity = identity;
	}

	public @Nullable String getModelType() {
		return this.modelType;
	}

	public void setModelType(@Nullable String modelType) {
		this.modelType = modelType;
	}

	public @Nullable String getModelName() {
		return this.modelName;
	}

	public void setModelName(@Nullable String modelName) {
		this.modelName = modelName;
	}

	public @Nullable String getQuantization() {
		return this.quantization;
	}

	public void setQuantization(@Nullable String quantization) {
		this.quantization = quantization;
	}

	public @Nullable String getModelPath() {
		return this.modelPath;
	}

	public void setModelPath(@Nullable String modelPath) {
		this.modelPath = modelPath;
	}

	public @Nullable ModelPathConflict getModelPathConflict() {
		return this.modelPathConflict;
	}

	public void setModelPathConflict(@Nullable ModelPathConflict modelPathConflict) {
		this.modelPathConflict = modelPathConflict;
	}

	public @Nullable String getExpectedChecksum() {
		return this.expectedChecksum;
	}

	public void setExpectedChecksum(@Nullable String expectedChecksum) {
		this.expectedChecksum = expectedChecksum;
	}

	public @Nullable Integer getModelSizeMb() {
		return this.modelSizeMb;
	}

	public void setModelSizeMb(@Nullable Integer modelSizeMb) {
		this.modelSizeMb = modelSizeMb;
	}

	public @Nullable DataSize getMaxSize() {
		return this.maxSize;
	}

	public void setMaxSize(@Nullable DataSize maxSize) {
		this.maxSize = maxSize;
	}

	/**
	 * Returns whether the properties identify a model.
	 * @return {@code true} if they do
	 */
	boolean identifiesModel() {
		return this.url != null || !this.mirrors.isEmpty() || !this.files.isEmpty()
				|| StringUtils.hasText(this.modelType) || StringUtils.hasText(this.modelName)
				|| StringUtils.hasText(this.quantization) || this.modelPath != null || this.expectedChecksum != null
				|| this.modelSizeMb != null;
	}

}
