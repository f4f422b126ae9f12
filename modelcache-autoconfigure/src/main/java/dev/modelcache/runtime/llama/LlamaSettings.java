package dev.modelcache.runtime.llama;

import org.jspecify.annotations.Nullable;

/**
 * How llama.cpp runs a model.
 *
 * @param threads the number of threads that compute; {@code null} lets llama.cpp choose
 * @param contextSize how many tokens a prompt and its answer may have; {@code null} for
 * what the model was trained for, up to {@value #LARGEST_DEFAULT_CONTEXT}
 * @param gpuLayers the number of layers that a GPU computes; {@code null} lets llama.cpp
 * choose
 * @param mmap whether the file is mapped into memory rather than read
 */
public record LlamaSettings(@Nullable Integer threads, @Nullable Integer contextSize, @Nullable Integer gpuLayers,
		boolean mmap) {

	static final int LARGEST_DEFAULT_CONTEXT = 2048;

	int contextSizeFor(@Nullable Long trained) {
		if (this.contextSize != null) {
			return this.contextSize;
		}
		return (trained != null && trained > 0) ? (int) Math.min(trained, LARGEST_DEFAULT_CONTEXT)
				: LARGEST_DEFAULT_CONTEXT;
	}

}
