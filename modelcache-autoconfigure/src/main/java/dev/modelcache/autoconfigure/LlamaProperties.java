package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * How llama.cpp runs the model.
 */
public class LlamaProperties {

	/**
	 * Number of threads that compute. By default, llama.cpp chooses.
	 */
	private @Nullable Integer threads;

	/**
	 * Number of tokens that a prompt and its answer may have. By default, what the model
	 * was trained for, up to 2048.
	 */
	private @Nullable Integer contextSize;

	/**
	 * Number of layers that a GPU computes; 0 is none. By default, llama.cpp chooses.
	 */
	private @Nullable Integer gpuLayers;

	/**
	 * Whether the file is mapped into memory rather than read.
	 */
	private boolean mmap = true;

	/**
	 * Names of environment variables that the process of llama.cpp gets from the
	 * application, in addition to the search path, the locale and the temporary
	 * directory. A name that ends with '*' stands for all that begin so.
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

}
