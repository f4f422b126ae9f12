/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.llama.LlamaSettings;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Configuration of llama.cpp.
 */
@ConfigurationProperties(LlamaProperties.PREFIX)
public class LlamaProperties {

	/** The prefix of the keys. */
	public static final String PREFIX = "hooks.llm.llama";

	private static final Pattern VARIABLE = Pattern.compile("[^\\s=*]+\\*?");

	/**
	 * Number of threads to use for inference. By default, llama.cpp decides.
	 */
	private @Nullable Integer threads;

	/**
	 * Maximum number of tokens of a prompt and its answer. By default, the context length
	 * of the model, up to 2048.
	 */
	private @Nullable Integer contextSize;

	/**
	 * Number of layers to offload to a GPU. 0 disables the GPU. By default, llama.cpp
	 * decides.
	 */
	private @Nullable Integer gpuLayers;

	/**
	 * Whether to map the file into memory instead of reading it.
	 */
	private boolean mmap = true;

	/**
	 * Names of environment variables to pass to the process of llama.cpp, in addition to
	 * the search path, the locale, the time zone and the temporary directory. A name that
	 * ends with '*' matches all variables with that prefix.
	 */
	private List<String> environment = new ArrayList<>();

	public @Nullable Integer getThreads() {
		return this.threads;
	}

	public void setThreads(@Nullable Integer threads) {
		this.threads = threads;
	}

	public @Nullable Integer getContextSize() {
		return this.contextSize;
	}

	public void setContextSize(@Nullable Integer contextSize) {
		this.contextSize = contextSize;
	}

	public @Nullable Integer getGpuLayers() {
		return this.gpuLayers;
	}

	public void setGpuLayers(@Nullable Integer gpuLayers) {
		this.gpuLayers = gpuLayers;
	}

	public boolean isMmap() {
		return this.mmap;
	}

	public void setMmap(boolean mmap) {
		this.mmap = mmap;
	}

	public List<String> getEnvironment() {
		return this.environment;
	}

	public void setEnvironment(List<String> environment) {
		this.environment = environment;
	}

	/**
	 * Checks the values.
	 * @return the settings
	 * @throws ModelConfigurationException if a value is wrong
	 */
	LlamaSettings settings() {
		if (this.threads != null && this.threads < 1) {
			throw wrong("threads", "must be 1 or more, but is " + this.threads, "Use 1 or more");
		}
		if (this.contextSize != null && this.contextSize < 1) {
			throw wrong("context-size", "must be 1 or more, but is " + this.contextSize, "Use 1 or more");
		}
		if (this.gpuLayers != null && this.gpuLayers < 0) {
			throw wrong("gpu-layers", "is negative", "Use 0 or more");
		}
		for (int i = 0; i < this.environment.size(); i++) {
			if (!VARIABLE.matcher(this.environment.get(i)).matches()) {
				throw wrong("environment[" + i + "]", "is not the name of an environment variable",
						"Use a name such as CUDA_VISIBLE_DEVICES, or a prefix such as GGML_*");
			}
		}
		return new LlamaSettings(this.threads, this.contextSize, this.gpuLayers, this.mmap, this.environment);
	}

	private static ModelConfigurationException wrong(String name, String problem, String action) {
		return new ModelConfigurationException(null, PREFIX + "." + name, problem, action);
	}

}
