package dev.modelcache.llama;

import java.util.List;

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
 * @param environment the names of environment variables that its process gets beside
 * those that every process needs; a name that ends with {@code *} is a beginning
 */
public record LlamaSettings(@Nullable Integer threads, @Nullable Integer contextSize, @Nullable Integer gpuLayers,
		boolean mmap, List<String> environment) {

	static final int LARGEST_DEFAULT_CONTEXT = 2048;

	int contextSizeFor(@Nullable Long trained) {
		if (this.contextSize != null) {
			return this.contextSize;
		}
		return (trained != null && trained > 0) ? (int) Math.min(trained, LARGEST_DEFAULT_CONTEXT)
				: LARGEST_DEFAULT_CONTEXT;
	}

}
