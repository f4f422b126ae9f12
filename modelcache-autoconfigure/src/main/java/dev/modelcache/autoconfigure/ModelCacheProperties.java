/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.FormatVerification;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.CacheOptions;
import dev.modelcache.CacheOptions.Verification;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.util.unit.DataSize;

/**
 * The configuration of the model cache. The keys of one model at the top level describe
 * the model {@value #DEFAULT_MODEL}.
 */
@ConfigurationProperties(ModelCacheProperties.PREFIX)
public class ModelCacheProperties extends ModelProperties {

	/**
	 * Maximum duration, in milliseconds, of a classification by the default model.
	 */
	private int inferenceTimeoutMs = 2000;

	/**
	 * Sampling temperature of the default model. Must be 0 or more.
	 */
	private double temperature = 0.1;

	/** The prefix of all keys. */
	public static final String PREFIX = "hooks.llm";

	/** The id of the model that the top-level keys describe. */
	public static final String DEFAULT_MODEL = "default";

	/**
	 * Whether to enable the model cache.
	 */
	private boolean enabled = true;

	/**
	 * Additional models by id, configured with the same keys as the default model.
	 */
	private Map<String, ModelProperties> models = new LinkedHashMap<>();

	/**
	 * Whether to use only what is on this machine and never access the network. Defaults
	 * to the value of the HF_HUB_OFFLINE environment variable.
	 */
	private @Nullable Boolean offline;

	/**
	 * Interval at which to look for new versions of the models. By default, the cache
	 * does not look for new versions.
	 */
	private @Nullable Duration refreshInterval;

	/**
	 * What to do with a file whose header is not that of a valid GGUF, safetensors or
	 * ONNX model, or that is not a model at all.
	 */
	private FormatVerification verifyFormat = FormatVerification.STRICT;

	/**
	 * Whether to allow Python pickles, including those in PyTorch archives. Loading a
	 * pickle can execute arbitrary code.
	 */
	private boolean allowPickle = false;

	/**
	 * Location of the lock file that pins the commit, digest and size of each model. It
	 * is meant for version control, is written when a model is first downloaded, and is
	 * enforced afterwards. "~" is the home directory.
	 */
	private @Nullable String lockFile;

	/**
	 * How to show the progress of downloads.
	 */
	private Progress progress = Progress.AUTO;

	private final Startup startup = new Startup();

	private final Health health = new Health();

	private final Cache cache = new Cache();

	@NestedConfigurationProperty
	private final DownloadProperties download = new DownloadProperties();

	private final Lock lock = new Lock();

	private final Huggingface huggingface = new Huggingface();

	private final Oci oci = new Oci();

	@NestedConfigurationProperty
	private final CatalogProperties catalog = new CatalogProperties();

	@NestedConfigurationProperty
	private final ClassifierProperties classifier = new ClassifierProperties();

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

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public Map<String, ModelProperties> getModels() {
		return this.models;
	}

	public void setModels(Map<String, ModelProperties> models) {
		this.models = models;
	}

	public @Nullable Boolean getOffline() {
		return this.offline;
	}

	public void setOffline(@Nullable Boolean offline) {
		this.offline = offline;
	}

	public @Nullable Duration getRefreshInterval() {
		return this.refreshInterval;
	}

	public void setRefreshInterval(@Nullable Duration refreshInterval) {
		this.refreshInterval = refreshInterval;
	}

	public FormatVerification getVerifyFormat() {
		return this.verifyFormat;
	}

	public void setVerifyFormat(FormatVerification verifyFormat) {
		this.verifyFormat = verifyFormat;
	}

	public boolean isAllowPickle() {
		return this.allowPickle;
	}

	public void setAllowPickle(boolean allowPickle) {
		this.allowPickle = allowPickle;
	}

	public @Nullable String getLockFile() {
		return this.lockFile;
	}

	public void setLockFile(@Nullable String lockFile) {
		this.lockFile = lockFile;
	}

	public Progress getProgress() {
		return this.progress;
	}

	public void setProgress(Progress progress) {
		this.progress = progress;
	}

	public Startup getStartup() {
		return this.startup;
	}

	public Health getHealth() {
		return this.health;
	}

	public Cache getCache() {
		return this.cache;
	}

	public DownloadProperties getDownload() {
		return this.download;
	}

	public Lock getLock() {
		return this.lock;
	}

	public Huggingface getHuggingface() {
		return this.huggingface;
	}

	public Oci getOci() {
		return this.oci;
	}

	public CatalogProperties getCatalog() {
		return this.catalog;
	}

	public ClassifierProperties getClassifier() {
		return this.classifier;
	}

	/**
	 * How to show the progress of downloads.
	 */
	public enum Progress {

		/** A progress bar on a terminal, log messages otherwise. */
		AUTO,

		/** A progress bar. */
		BAR,

		/** Log messages. */
		LOG,

		/** Show no progress. */
		NONE

	}

	/**
	 * Acquisition of models when the application starts.
	 */
	public static class Startup {

		/**
		 * When to acquire the models.
		 */
		private Mode mode = Mode.BACKGROUND;

		/**
		 * Time over which the instances of an application spread their first requests:
		 * each waits for a random part of it after its start.
		 */
		private Duration jitter = Duration.ZERO;

		/**
		 * Time between a failed attempt to fetch a model and the next one, if the failure
		 * may be temporary, such as one of the network. Doubles with each failure, up to
		 * an hour.
		 */
		private Duration retryInterval = Duration.ofMinutes(1);

		/**
		 * Whether to end the process, as startup.mode=prefetch does, with an exit code
		 * that tells whether all required models are on this machine. Nothing is
		 * downloaded.
		 */
		private boolean check;

		public boolean isCheck() {
			return this.check;
		}

		public void setCheck(boolean check) {
			this.check = check;
		}

		public Mode getMode() {
			return this.mode;
		}

		public void setMode(Mode mode) {
			this.mode = mode;
		}

		public Duration getJitter() {
			return this.jitter;
		}

		public void setJitter(Duration jitter) {
			this.jitter = jitter;
		}

		public Duration getRetryInterval() {
			return this.retryInterval;
		}

		public void setRetryInterval(Duration retryInterval) {
			this.retryInterval = retryInterval;
		}

		/**
		 * When to acquire the models.
		 */
		public enum Mode {

			/**
			 * In the background when the application has started. Readiness waits for the
			 * models.
			 */
			BACKGROUND,

			/** While the application starts. A failure stops the application. */
			BLOCKING,

			/**
			 * Instead of starting the application: the process fetches the models, prints
			 * a table and ends, with exit code 0 or, if a required model is not
			 * available, 1. Implies cache.seal.
			 */
			PREFETCH,

			/** When a model is first used. */
			NONE

		}

	}

	/**
	 * Health of the application.
	 */
	public static class Health {

		/**
		 * Whether to add the health of the models to the readiness group.
		 */
		private boolean readiness = true;

		public boolean isReadiness() {
			return this.readiness;
		}

		public void setReadiness(boolean readiness) {
			this.readiness = readiness;
		}

	}

	/**
	 * Storage of models.
	 */
	public static class Cache {

		/**
		 * Directory in which to store models and their receipts. "~" is the home
		 * directory. By default, "$XDG_CACHE_HOME/modelcache" or "~/.cache/modelcache".
		 */
		private @Nullable String directory;

		/**
		 * Where to store models from the Hugging Face Hub that have no model-path.
		 */
		private CacheOptions.Layout layout = CacheOptions.Layout.AUTO;

		/**
		 * How to check a cached file before it is used.
		 */
		private Verification verify = Verification.FINGERPRINT;

		/**
		 * Amount of disk space that downloads leave free. By default, 512MB, or 5 % of
		 * the disk if that is less.
		 */
		private @Nullable DataSize minFreeSpace;

		/**
		 * Time to keep a partial download that is not resumed.
		 */
		private Duration partialRetention = Duration.ofDays(7);

		/**
		 * Maximum size of the cache directory. The least recently used models are removed
		 * first, except those that are configured or used by a running application.
		 * Unlimited by default.
		 */
		private @Nullable DataSize maxSize;

		/**
		 * Whether to look for a file with the expected SHA-256 digest in the Hugging Face
		 * cache, the Ollama store and this cache before downloading it. Files of other
		 * tools are only read.
		 */
		private boolean adopt = true;

		/**
		 * Which users of the machine can read the files of the cache. Models from a
		 * Hugging Face Hub without a model-path have the permissions of the umask.
		 */
		private CacheOptions.Permissions permissions = CacheOptions.Permissions.PRIVATE;

		/**
		 * Whether to allow a cache directory to which other users of the machine can
		 * write.
		 */
		private boolean allowSharedDirectory;

		/**
		 * Whether to copy a model to a model-path on a file system that cannot rename
		 * files or write them at random positions. Other programs see part of the file
		 * until it is complete.
		 */
		private boolean allowNonAtomic;

		/**
		 * Whether to write a sealed record beside each file, which proves a copy of the
		 * file in an image or on a read-only volume.
		 */
		private boolean seal;

		/**
		 * Whether a sealed record proves a file on a read-only file system, so that the
		 * file is not read.
		 */
		private boolean trustSeals = true;

		/**
		 * Directories that were filled by other applications: caches of this starter or
		 * of a Hugging Face Hub. Models are looked for there before they are downloaded,
		 * and nothing is written there.
		 */
		private List<String> readOnlyRoots = new ArrayList<>();

		public boolean isSeal() {
			return this.seal;
		}

		public void setSeal(boolean seal) {
			this.seal = seal;
		}

		public boolean isTrustSeals() {
			return this.trustSeals;
		}

		public void setTrustSeals(boolean trustSeals) {
			this.trustSeals = trustSeals;
		}

		public List<String> getReadOnlyRoots() {
			return this.readOnlyRoots;
		}

		public void setReadOnlyRoots(List<String> readOnlyRoots) {
			this.readOnlyRoots = readOnlyRoots;
		}

		public @Nullable String getDirectory() {
			return this.directory;
		}

		public void setDirectory(@Nullable String directory) {
			this.directory = directory;
		}

		public CacheOptions.Layout getLayout() {
			return this.layout;
		}

		public void setLayout(CacheOptions.Layout layout) {
			this.layout = layout;
		}

		public Verification getVerify() {
			return this.verify;
		}

		public void setVerify(Verification verify) {
			this.verify = verify;
		}

		public @Nullable DataSize getMinFreeSpace() {
			return this.minFreeSpace;
		}

		public void setMinFreeSpace(@Nullable DataSize minFreeSpace) {
			this.minFreeSpace = minFreeSpace;
		}

		public Duration getPartialRetention() {
			return this.partialRetention;
		}

		public void setPartialRetention(Duration partialRetention) {
			this.partialRetention = partialRetention;
		}

		public @Nullable DataSize getMaxSize() {
			return this.maxSize;
		}

		public void setMaxSize(@Nullable DataSize maxSize) {
			this.maxSize = maxSize;
		}

		public boolean isAdopt() {
			return this.adopt;
		}

		public void setAdopt(boolean adopt) {
			this.adopt = adopt;
		}

		public CacheOptions.Permissions getPermissions() {
			return this.permissions;
		}

		public void setPermissions(CacheOptions.Permissions permissions) {
			this.permissions = permissions;
		}

		public boolean isAllowSharedDirectory() {
			return this.allowSharedDirectory;
		}

		public void setAllowSharedDirectory(boolean allowSharedDirectory) {
			this.allowSharedDirectory = allowSharedDirectory;
		}

		public boolean isAllowNonAtomic() {
			return this.allowNonAtomic;
		}

		public void setAllowNonAtomic(boolean allowNonAtomic) {
			this.allowNonAtomic = allowNonAtomic;
		}

	}

	/**
	 * Exclusion between processes.
	 */
	public static class Lock {

		/**
		 * Time to wait for a process that downloads the same model but makes no progress.
		 */
		private Duration timeout = Duration.ofMinutes(30);

		/**
		 * Age of the last heartbeat after which the lock of a process on another machine
		 * is ignored if it does not change for ten seconds. Applies to file systems that
		 * do not support locks.
		 */
		private Duration staleAfter = Duration.ofHours(1);

		public Duration getTimeout() {
			return this.timeout;
		}

		public void setTimeout(Duration timeout) {
			this.timeout = timeout;
		}

		public Duration getStaleAfter() {
			return this.staleAfter;
		}

		public void setStaleAfter(Duration staleAfter) {
			this.staleAfter = staleAfter;
		}

	}

	/**
	 * Access to the Hugging Face Hub.
	 */
	public static class Huggingface {

		/**
		 * URL of the Hugging Face Hub or of a mirror with the same API. Defaults to the
		 * value of the HF_ENDPOINT environment variable or "https://huggingface.co".
		 */
		private @Nullable String endpoint;

		/**
		 * Token for private and gated repositories. It is sent to the Hub only. Defaults
		 * to the value of the HF_TOKEN environment variable or the token that "hf auth
		 * login" has stored.
		 */
		private @Nullable String token;

		/**
		 * Directory of the cache that is shared with the tools of the Hub. "~" is the
		 * home directory. Defaults to the directory that the HF_HUB_CACHE and HF_HOME
		 * environment variables specify or "~/.cache/huggingface/hub".
		 */
		private @Nullable String cacheDirectory;

		public @Nullable String getEndpoint() {
			return this.endpoint;
		}

		public void setEndpoint(@Nullable String endpoint) {
			this.endpoint = endpoint;
		}

		public @Nullable String getToken() {
			return this.token;
		}

		public void setToken(@Nullable String token) {
			this.token = token;
		}

		public @Nullable String getCacheDirectory() {
			return this.cacheDirectory;
		}

		public void setCacheDirectory(@Nullable String cacheDirectory) {
			this.cacheDirectory = cacheDirectory;
		}

	}

	/**
	 * Access to OCI registries.
	 */
	public static class Oci {

		/**
		 * Registries by host, each with a "username", a "password" (or a token in its
		 * place) and "insecure" to use plain HTTP. Hosts with a port must be enclosed in
		 * brackets. Defaults to the credentials that "docker login" has stored.
		 */
		private Map<String, String> registries = new LinkedHashMap<>();

		public Map<String, String> getRegistries() {
			return this.registries;
		}

		public void setRegistries(Map<String, String> registries) {
			this.registries = registries;
		}

	}

}
