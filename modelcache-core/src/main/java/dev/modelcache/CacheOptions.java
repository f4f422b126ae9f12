package dev.modelcache;

import java.nio.file.Path;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Where model files are kept: the keys below {@code hooks.llm.cache}.
 */
public final class CacheOptions {

	private @Nullable Path directory;

	private Layout layout = Layout.AUTO;

	private Verification verify = Verification.FINGERPRINT;

	private DataSize minFreeSpace = DataSize.ofMegabytes(512);

	private Duration partialRetention = Duration.ofDays(7);

	private @Nullable DataSize maxSize;

	private boolean adopt = true;

	private boolean allowSharedDirectory;

	CacheOptions() {
	}

	/**
	 * Returns the directory of models without a path of their own;
	 * {@code ${XDG_CACHE_HOME:~/.cache}/modelcache} by default.
	 * @return the value
	 */
	public @Nullable Path directory() {
		return this.directory;
	}

	/**
	 * Sets the directory of models without a path of their own;
	 * {@code ${XDG_CACHE_HOME:~/.cache}/modelcache} by default.
	 * @param directory the value, or {@code null} for the default
	 * @return these options
	 */
	public CacheOptions directory(@Nullable Path directory) {
		this.directory = directory;
		return this;
	}

	/**
	 * Returns where to store the models of a Hugging Face Hub.
	 * @return the value
	 */
	public Layout layout() {
		return this.layout;
	}

	/**
	 * Sets where to store the models of a Hugging Face Hub.
	 * @param layout the value
	 * @return these options
	 */
	public CacheOptions layout(Layout layout) {
		this.layout = layout;
		return this;
	}

	/**
	 * Returns how a published file is checked when it is requested.
	 * @return the value
	 */
	public Verification verify() {
		return this.verify;
	}

	/**
	 * Sets how a published file is checked when it is requested.
	 * @param verify the value
	 * @return these options
	 */
	public CacheOptions verify(Verification verify) {
		this.verify = verify;
		return this;
	}

	/**
	 * Returns the space that a download leaves free on its disk.
	 * @return the value
	 */
	public DataSize minFreeSpace() {
		return this.minFreeSpace;
	}

	/**
	 * Sets the space that a download leaves free on its disk.
	 * @param minFreeSpace the value
	 * @return these options
	 */
	public CacheOptions minFreeSpace(DataSize minFreeSpace) {
		this.minFreeSpace = minFreeSpace;
		return this;
	}

	/**
	 * Returns the time after which partial downloads that are not resumed are deleted.
	 * @return the value
	 */
	public Duration partialRetention() {
		return this.partialRetention;
	}

	/**
	 * Sets the time after which partial downloads that are not resumed are deleted.
	 * @param partialRetention the value
	 * @return these options
	 */
	public CacheOptions partialRetention(Duration partialRetention) {
		this.partialRetention = partialRetention;
		return this;
	}

	/**
	 * Returns the maximum size of the directory; least recently used models are evicted
	 * first.
	 * @return the value
	 */
	public @Nullable DataSize maxSize() {
		return this.maxSize;
	}

	/**
	 * Sets the maximum size of the directory; least recently used models are evicted
	 * first.
	 * @param maxSize the value, or {@code null} for the default
	 * @return these options
	 */
	public CacheOptions maxSize(@Nullable DataSize maxSize) {
		this.maxSize = maxSize;
		return this;
	}

	/**
	 * Returns whether to look for the file in the stores of Hugging Face and Ollama
	 * before downloading it.
	 * @return the value
	 */
	public boolean adopt() {
		return this.adopt;
	}

	/**
	 * Sets whether to look for the file in the stores of Hugging Face and Ollama before
	 * downloading it.
	 * @param adopt the value
	 * @return these options
	 */
	public CacheOptions adopt(boolean adopt) {
		this.adopt = adopt;
		return this;
	}

	/**
	 * Returns whether the directory may be one that all users can write to.
	 * @return the value
	 */
	public boolean allowSharedDirectory() {
		return this.allowSharedDirectory;
	}

	/**
	 * Sets whether the directory may be one that all users can write to.
	 * @param allowSharedDirectory the value
	 * @return these options
	 */
	public CacheOptions allowSharedDirectory(boolean allowSharedDirectory) {
		this.allowSharedDirectory = allowSharedDirectory;
		return this;
	}

	/**
	 * Where to store the models of a Hugging Face Hub.
	 */
	public enum Layout {

		/** In the cache of the Hub's own tools. */
		AUTO,

		/** In the directory of the model cache. */
		PRIVATE

	}

	/**
	 * How a published file is checked when it is requested.
	 */
	public enum Verification {

		/** Its size, time and inode are compared with those of its receipt. */
		FINGERPRINT,

		/** It is read and hashed. */
		ALWAYS,

		/** Only its presence is checked. */
		NEVER

	}

}
