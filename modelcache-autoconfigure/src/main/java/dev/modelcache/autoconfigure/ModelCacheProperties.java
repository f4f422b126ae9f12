package dev.modelcache.autoconfigure;

import dev.modelcache.FormatVerification;
import java.time.Duration;
import java.util.LinkedHashMap;
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
	 * Time-out of one classification by the default model, in milliseconds.
	 */
	private int inferenceTimeoutMs = 2000;

	/**
	 * Sampling temperature of the default model, 0 or more.
	 */
	private double temperature = 0.1;

	/** The prefix of all keys. */
	public static final String PREFIX = "hooks.llm";

	/** The id of the model that the top-level keys describe. */
	public static final String DEFAULT_MODEL = "default";

	/**
	 * Whether the model cache is there at all.
	 */
	private boolean enabled = true;

	/**
	 * Further models by their ids, with the same keys as the model at the top level.
	 */
	private Map<String, ModelProperties> models = new LinkedHashMap<>();

	/**
	 * Whether never to touch the network. By default, what the environment variable
	 * HF_HUB_OFFLINE says.
	 */
	private @Nullable Boolean offline;

	/**
	 * How often to ask the sources of the models that are ready for another version. By
	 * default, never.
	 */
	private @Nullable Duration refreshInterval;

	/**
	 * What follows if the header of a GGUF, safetensors or ONNX file is not what it
	 * should be, or a file is no model at all: it is refused, a warning, or nothing.
	 */
	private FormatVerification verifyFormat = FormatVerification.STRICT;

	/**
	 * Whether Python pickles are allowed, also in PyTorch's archives: loading one can run
	 * any code.
	 */
	private boolean allowPickle = false;

	/**
	 * File that pins the commits, digests and sizes of the models, for version control:
	 * written when a model is first there, and enforced afterwards; "~" is the home
	 * directory.
	 */
	private @Nullable String lockFile;

	/**
	 * How progress is shown.
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
	 * How progress is shown.
	 */
	public enum Progress {

		/** A bar on a terminal, log lines otherwise. */
		AUTO,

		/** A bar. */
		BAR,

		/** Log lines. */
		LOG,

		/** Not at all. */
		NONE

	}

	/**
	 * What happens when the application starts.
	 */
	public static class Startup {

		/**
		 * When the models are fetched.
		 */
		private Mode mode = Mode.BACKGROUND;

		/**
		 * Shortest time between two background attempts that health checks start after a
		 * failure of the network or the disk. Doubles with each failure, up to an hour.
		 */
		private Duration retryInterval = Duration.ofMinutes(1);

		public Mode getMode() {
			return this.mode;
		}

		public void setMode(Mode mode) {
			this.mode = mode;
		}

		public Duration getRetryInterval() {
			return this.retryInterval;
		}

		public void setRetryInterval(Duration retryInterval) {
			this.retryInterval = retryInterval;
		}

		/**
		 * When the models are fetched.
		 */
		public enum Mode {

			/** When the application is up; readiness waits. */
			BACKGROUND,

			/** Before the application is up; a failure stops the start. */
			BLOCKING,

			/** On first use. */
			NONE

		}

	}

	/**
	 * What the application's health says.
	 */
	public static class Health {

		/**
		 * Whether the models' health is a member of the readiness group.
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
	 * Where files are kept.
	 */
	public static class Cache {

		/**
		 * Directory of the cache; "~" is the home directory.
		 */
		private @Nullable String directory;

		/**
		 * Where models of a Hugging Face Hub are kept that have no model-path: in the
		 * cache that the Hub's own tools share, or in the directory of this cache like
		 * all others.
		 */
		private CacheOptions.Layout layout = CacheOptions.Layout.AUTO;

		/**
		 * How a cached file is trusted when it is asked for: by the size, time and inode
		 * of its receipt, by reading and hashing it, or because it is there.
		 */
		private Verification verify = Verification.FINGERPRINT;

		/**
		 * Space that a download leaves free on its disk.
		 */
		private DataSize minFreeSpace = DataSize.ofMegabytes(512);

		/**
		 * How long what a broken-off download left is kept for the next one to continue.
		 */
		private Duration partialRetention = Duration.ofDays(7);

		/**
		 * Size that the directory is kept to: files that were used longest ago are
		 * removed, but none that is configured or used by a running application. By
		 * default, unlimited.
		 */
		private @Nullable DataSize maxSize;

		/**
		 * Whether to look for a file with the expected SHA-256 in the Hugging Face cache,
		 * the Ollama store and the cache itself before it is downloaded. Files of other
		 * tools are only read.
		 */
		private boolean adopt = true;

		/**
		 * Whether to use a cache directory that all users of the machine can write to.
		 */
		private boolean allowSharedDirectory;

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

		public DataSize getMinFreeSpace() {
			return this.minFreeSpace;
		}

		public void setMinFreeSpace(DataSize minFreeSpace) {
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

		public boolean isAllowSharedDirectory() {
			return this.allowSharedDirectory;
		}

		public void setAllowSharedDirectory(boolean allowSharedDirectory) {
			this.allowSharedDirectory = allowSharedDirectory;
		}

	}

	/**
	 * How long to wait for another process.
	 */
	public static class Lock {

		/**
		 * How long to wait while the process that fetches a model makes no progress.
		 */
		private Duration timeout = Duration.ofMinutes(30);

		/**
		 * On file systems without locks: when the note of a process that gave no sign of
		 * life is void.
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
	 * Which Hugging Face Hub is asked, and as whom.
	 */
	public static class Huggingface {

		/**
		 * Address of the Hub, or of a mirror that speaks its protocol. By default, what
		 * the environment variable HF_ENDPOINT says, else "https://huggingface.co".
		 */
		private @Nullable String endpoint;

		/**
		 * Token for private and gated repositories; goes to the Hub alone. By default,
		 * what the environment variable HF_TOKEN or the file that "hf auth login" wrote
		 * says.
		 */
		private @Nullable String token;

		/**
		 * Directory of the cache that the Hub's own tools keep; "~" is the home
		 * directory. By default, what the environment variables HF_HUB_CACHE and HF_HOME
		 * say, else "~/.cache/huggingface/hub".
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
	 * Which registries are asked, and as whom.
	 */
	public static class Oci {

		/**
		 * Registries by host: below each its "username", "password" (or a token in its
		 * place), and "insecure" for one that speaks plain http. Hosts with a port stand
		 * in brackets. By default, what "docker login" wrote.
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
