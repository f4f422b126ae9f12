/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Settings of llama.cpp.
 *
 * @param threads the number of threads to use for inference; {@code null} lets llama.cpp
 * decide
 * @param contextSize the maximum number of tokens of a prompt and its answer;
 * {@code null} for the context length of the model, up to
 * {@value #LARGEST_DEFAULT_CONTEXT}
 * @param gpuLayers the number of layers to offload to a GPU; {@code null} lets llama.cpp
 * decide
 * @param mmap whether to map the file into memory instead of reading it
 * @param environment the names of environment variables to pass to the process, in
 * addition to those that every process requires; a name that ends with {@code *} matches
 * all variables with that prefix
 */
public record LlamaSettings(@Nullable Integer threads, @Nullable Integer contextSize, @Nullable Integer gpuLayers,
		boolean mmap, List<String> environment) {

	static final int LARGEST_DEFAULT_CONTEXT = 2048;

	LlamaSettings withoutMmap() {
		return new LlamaSettings(this.threads, this.contextSize, this.gpuLayers, false, this.environment);
	}

	int contextSizeFor(@Nullable Long trained) {
		if (this.contextSize != null) {
			return this.contextSize;
		}
		return (trained != null && trained > 0) ? (int) Math.min(trained, LARGEST_DEFAULT_CONTEXT)
				: LARGEST_DEFAULT_CONTEXT;
	}

}
