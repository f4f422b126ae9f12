package dev.modelcache;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * What is wanted: a model, where it can be had, what proves it, and what may stand in for
 * it. Immutable; its {@link #toString()} shows no credentials. Two are equal if they
 * request the same in the same way.
 */
public final class ModelRequest {

	private final String id;

	private final @Nullable URI url;

	private final List<URI> mirrors;

	private final @Nullable URI fallbackUrl;

	private final List<ModelRequest> fallbacks;

	private final List<String> files;

	private final @Nullable String modelType;

	private final @Nullable String modelName;

	private final @Nullable String quantization;

	private final @Nullable Path modelPath;

	private final ModelPathConflict modelPathConflict;

	private final @Nullable String configuredAs;

	private final @Nullable Digest expectedDigest;

	private final DigestOrigin digestOrigin;

	private final boolean digestRequired;

	private final @Nullable DataSize estimatedSize;

	private final @Nullable DataSize maxSize;

	private final int maxAttempts;

	private final boolean required;

	private ModelRequest(Builder builder) {
		this.id = builder.id;
		this.url = builder.url;
		this.mirrors = List.copyOf(builder.mirrors);
		this.fallbackUrl = builder.fallbackUrl;
		this.fallbacks = List.copyOf(builder.fallbacks);
		this.files = List.copyOf(builder.files);
		this.modelType = builder.modelType;
		this.modelName = builder.modelName;
		this.quantization = builder.quantization;
		this.modelPath = builder.modelPath;
		this.modelPathConflict = builder.modelPathConflict;
		this.configuredAs = builder.configuredAs;
		this.expectedDigest = builder.expectedDigest;
		this.digestOrigin = builder.digestOrigin;
		this.digestRequired = builder.digestRequired;
		this.estimatedSize = builder.estimatedSize;
		this.maxSize = builder.maxSize;
		this.maxAttempts = builder.maxAttempts;
		this.required = builder.required;
	}

	/**
	 * Starts a request.
	 * @param id the model's id
	 * @return a builder
	 */
	public static Builder builder(String id) {
		return new Builder(id);
	}

	/**
	 * Returns the model's id.
	 * @return the id
	 */
	public String id() {
		return this.id;
	}

	/**
	 * Returns where the model is.
	 * @return the URL, or {@code null} where only the file at {@link #modelPath()} counts
	 */
	public @Nullable URI url() {
		return this.url;
	}

	/**
	 * Returns further URLs of the same bytes.
	 * @return the mirrors, in order
	 */
	public List<URI> mirrors() {
		return this.mirrors;
	}

	/**
	 * Returns the same model elsewhere, tried when the URL and the mirrors are exhausted.
	 * @return the URL, or {@code null}
	 */
	public @Nullable URI fallbackUrl() {
		return this.fallbackUrl;
	}

	/**
	 * Returns other models to serve instead.
	 * @return the fallbacks, in order
	 */
	public List<ModelRequest> fallbacks() {
		return this.fallbacks;
	}

	/**
	 * Returns which files of a repository are wanted, beside the one that the URL names.
	 * @return paths or globs: {@code *} and {@code ?} within a directory, {@code **}
	 * across directories
	 */
	public List<String> files() {
		return this.files;
	}

	/**
	 * Returns what kind of model it is, such as {@code tinyllama}.
	 * @return the type, or {@code null}
	 */
	public @Nullable String modelType() {
		return this.modelType;
	}

	/**
	 * Returns the model's name.
	 * @return the name, or {@code null}
	 */
	public @Nullable String modelName() {
		return this.modelName;
	}

	/**
	 * Returns the quantization, such as {@code Q4_K_M}.
	 * @return the quantization, or {@code null}
	 */
	public @Nullable String quantization() {
		return this.quantization;
	}

	/**
	 * Returns where the published file shall stand.
	 * @return the path, or {@code null} for a place in the cache
	 */
	public @Nullable Path modelPath() {
		return this.modelPath;
	}

	/**
	 * Returns what to do when a file stands at {@link #modelPath()} that is not the
	 * model, and was not put there by this cache.
	 * @return {@link ModelPathConflict#FAIL} unless it is configured
	 */
	public ModelPathConflict modelPathConflict() {
		return this.modelPathConflict;
	}

	/**
	 * Returns the name of a configuration key of this model, for messages.
	 * @param name the name of the key, such as {@code model-path}
	 * @return the key with its prefix, such as {@code hooks.llm.models.a.model-path}; the
	 * name alone where the request does not come from the configuration
	 */
	public String key(String name) {
		return (this.configuredAs != null) ? this.configuredAs + "." + name : name;
	}

	/**
	 * Returns what the configuration keys of the model begin with.
	 * @return the prefix without its last dot, or {@code null} where the request does not
	 * come from the configuration
	 */
	public @Nullable String configuredAs() {
		return this.configuredAs;
	}

	/**
	 * Starts a request with the values of this one.
	 * @return a builder
	 */
	public Builder toBuilder() {
		return new Builder(this.id).url(this.url)
			.mirrors(this.mirrors)
			.fallbackUrl(this.fallbackUrl)
			.fallbacks(this.fallbacks)
			.files(this.files)
			.describedAs(this.modelType, this.modelName, this.quantization)
			.modelPath(this.modelPath)
			.modelPathConflict(this.modelPathConflict)
			.configuredAs(this.configuredAs)
			.expectedDigest(this.expectedDigest, this.digestOrigin)
			.digestRequired(this.digestRequired)
			.estimatedSize(this.estimatedSize)
			.maxSize(this.maxSize)
			.maxAttempts(this.maxAttempts)
			.required(this.required);
	}

	/**
	 * Returns the digest that is expected, whatever the source says.
	 * @return the digest, or {@code null}
	 */
	public @Nullable Digest expectedDigest() {
		return this.expectedDigest;
	}

	/**
	 * Returns where the {@linkplain #expectedDigest() expected digest} came from.
	 * @return the configuration, unless a catalog stated it
	 */
	public DigestOrigin digestOrigin() {
		return this.digestOrigin;
	}

	/**
	 * Returns whether a file that no digest proves is refused.
	 * @return {@code true} to refuse
	 */
	public boolean digestRequired() {
		return this.digestRequired;
	}

	/**
	 * Returns an estimate of the size, for progress until the server says it.
	 * @return the estimate, or {@code null}
	 */
	public @Nullable DataSize estimatedSize() {
		return this.estimatedSize;
	}

	/**
	 * Returns how large the variant of a catalog's model may be.
	 * @return the size, or {@code null} for any
	 */
	public @Nullable DataSize maxSize() {
		return this.maxSize;
	}

	/**
	 * Returns how many requests in a row may bring no new byte, and how many times the
	 * whole file is tried when its digest does not match.
	 * @return the number, 0 or more; 0 and 1 both mean one try
	 */
	public int maxAttempts() {
		return this.maxAttempts;
	}

	/**
	 * Returns whether the application's health depends on it.
	 * @return {@code true} if it does
	 */
	public boolean required() {
		return this.required;
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof ModelRequest other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.id, this.url, this.modelPath);
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.id, this.url, this.mirrors, this.fallbackUrl, this.fallbacks, this.files,
				this.modelType, this.modelName, this.quantization, this.modelPath, this.modelPathConflict,
				this.configuredAs, this.expectedDigest, this.digestOrigin, this.digestRequired, this.estimatedSize,
				this.maxSize, this.maxAttempts, this.required);
	}

	@Override
	public String toString() {
		return "ModelRequest[" + this.id + "]";
	}

	/**
	 * Builds a {@link ModelRequest}.
	 */
	public static final class Builder {

		private final String id;

		private @Nullable URI url;

		private List<URI> mirrors = List.of();

		private @Nullable URI fallbackUrl;

		private final List<ModelRequest> fallbacks = new ArrayList<>();

		private List<String> files = List.of();

		private @Nullable String modelType;

		private @Nullable String modelName;

		private @Nullable String quantization;

		private @Nullable Path modelPath;

		private ModelPathConflict modelPathConflict = ModelPathConflict.FAIL;

		private @Nullable String configuredAs;

		private @Nullable Digest expectedDigest;

		private DigestOrigin digestOrigin = DigestOrigin.CONFIGURATION;

		private boolean digestRequired;

		private @Nullable DataSize estimatedSize;

		private @Nullable DataSize maxSize;

		private int maxAttempts = 3;

		private boolean required = true;

		private Builder(String id) {
			this.id = Objects.requireNonNull(id, "id");
		}

		/**
		 * Sets where the model is.
		 * @param url the URL
		 * @return this builder
		 */
		public Builder url(@Nullable URI url) {
			this.url = url;
			return this;
		}

		/**
		 * Sets further URLs of the same bytes.
		 * @param mirrors the mirrors, in order
		 * @return this builder
		 */
		public Builder mirrors(List<URI> mirrors) {
			this.mirrors = mirrors;
			return this;
		}

		/**
		 * Sets the same model elsewhere.
		 * @param fallbackUrl the URL
		 * @return this builder
		 */
		public Builder fallbackUrl(@Nullable URI fallbackUrl) {
			this.fallbackUrl = fallbackUrl;
			return this;
		}

		/**
		 * Adds another model to serve instead.
		 * @param fallback the fallback, tried after those added before
		 * @return this builder
		 */
		public Builder fallback(ModelRequest fallback) {
			this.fallbacks.add(fallback);
			return this;
		}

		/**
		 * Sets other models to serve instead.
		 * @param fallbacks the fallbacks, in order
		 * @return this builder
		 */
		public Builder fallbacks(List<ModelRequest> fallbacks) {
			this.fallbacks.clear();
			this.fallbacks.addAll(fallbacks);
			return this;
		}

		/**
		 * Sets which files of a repository are wanted.
		 * @param files paths or globs, see {@link ModelRequest#files()}
		 * @return this builder
		 */
		public Builder files(List<String> files) {
			this.files = files;
			return this;
		}

		/**
		 * Sets what it is.
		 * @param modelType what kind of model
		 * @param modelName the model's name
		 * @param quantization the quantization
		 * @return this builder
		 */
		public Builder describedAs(@Nullable String modelType, @Nullable String modelName,
				@Nullable String quantization) {
			this.modelType = modelType;
			this.modelName = modelName;
			this.quantization = quantization;
			return this;
		}

		/**
		 * Sets where the published file shall stand.
		 * @param modelPath the path of the file
		 * @return this builder
		 */
		public Builder modelPath(@Nullable Path modelPath) {
			this.modelPath = modelPath;
			return this;
		}

		/**
		 * Sets what to do when a file stands at the path that is not the model, and was
		 * not put there by this cache.
		 * @param modelPathConflict what to do
		 * @return this builder
		 */
		public Builder modelPathConflict(ModelPathConflict modelPathConflict) {
			this.modelPathConflict = Objects.requireNonNull(modelPathConflict, "modelPathConflict");
			return this;
		}

		/**
		 * Sets what the configuration keys of the model begin with, for messages.
		 * @param prefix the prefix without its last dot, such as
		 * {@code hooks.llm.models.a}, or {@code null}
		 * @return this builder
		 */
		public Builder configuredAs(@Nullable String prefix) {
			this.configuredAs = prefix;
			return this;
		}

		/**
		 * Sets the digest that proves the file.
		 * @param expectedDigest the digest
		 * @return this builder
		 */
		public Builder expectedDigest(@Nullable Digest expectedDigest) {
			return expectedDigest(expectedDigest, DigestOrigin.CONFIGURATION);
		}

		/**
		 * Sets the digest that proves the file.
		 * @param expectedDigest the digest
		 * @param digestOrigin who says so
		 * @return this builder
		 */
		public Builder expectedDigest(@Nullable Digest expectedDigest, DigestOrigin digestOrigin) {
			this.expectedDigest = expectedDigest;
			this.digestOrigin = digestOrigin;
			return this;
		}

		/**
		 * Sets whether a file that no digest proves is refused.
		 * @param digestRequired {@code true} to refuse
		 * @return this builder
		 */
		public Builder digestRequired(boolean digestRequired) {
			this.digestRequired = digestRequired;
			return this;
		}

		/**
		 * Sets an estimate of the size.
		 * @param estimatedSize the estimate
		 * @return this builder
		 */
		public Builder estimatedSize(@Nullable DataSize estimatedSize) {
			this.estimatedSize = estimatedSize;
			return this;
		}

		/**
		 * Sets how large the variant of a catalog's model may be.
		 * @param maxSize the size
		 * @return this builder
		 */
		public Builder maxSize(@Nullable DataSize maxSize) {
			this.maxSize = maxSize;
			return this;
		}

		/**
		 * Sets how often to try.
		 * @param maxAttempts see {@link ModelRequest#maxAttempts()}
		 * @return this builder
		 */
		public Builder maxAttempts(int maxAttempts) {
			this.maxAttempts = maxAttempts;
			return this;
		}

		/**
		 * Sets how often to try.
		 * @param maxRetries the number of attempts
		 * @return this builder
		 * @deprecated in favor of {@link #maxAttempts(int)}, which names what is counted
		 */
		@Deprecated(since = "0.1.0", forRemoval = false)
		public Builder maxRetries(int maxRetries) {
			return maxAttempts(maxRetries);
		}

		/**
		 * Sets whether the application's health depends on it.
		 * @param required {@code true} if it does
		 * @return this builder
		 */
		public Builder required(boolean required) {
			this.required = required;
			return this;
		}

		/**
		 * Builds the request.
		 * @return the request
		 */
		public ModelRequest build() {
			return new ModelRequest(this);
		}

	}

}
