/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
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
 * Immutable request for a model: its URL, mirrors, expected digest and fallbacks.
 * {@link #toString()} shows no credentials. Two requests are equal if all their values
 * are equal.
 */
public final class ModelRequest {

	private final String id;

	private final @Nullable URI url;

	private final List<URI> mirrors;

	private final @Nullable URI fallbackUrl;

	private final List<ModelRequest> fallbacks;

	private final List<String> files;

	private final @Nullable String identity;

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
		this.identity = builder.identity;
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
	 * Creates a builder.
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
	 * Returns the URL of the model.
	 * @return the URL, or {@code null} if the model is the file at {@link #modelPath()}
	 * or is looked up in the catalog
	 */
	public @Nullable URI url() {
		return this.url;
	}

	/**
	 * Returns additional URLs of the same file.
	 * @return the mirrors, in order
	 */
	public List<URI> mirrors() {
		return this.mirrors;
	}

	/**
	 * Returns the URL of the same model at another location, which is used when the URL
	 * and all mirrors have failed.
	 * @return the URL, or {@code null}
	 */
	public @Nullable URI fallbackUrl() {
		return this.fallbackUrl;
	}

	/**
	 * Returns other models to use when this model is not available.
	 * @return the fallbacks, in order
	 */
	public List<ModelRequest> fallbacks() {
		return this.fallbacks;
	}

	/**
	 * Returns the files of the repository to download in addition to the one that the URL
	 * names.
	 * @return paths or globs: {@code *} and {@code ?} within a directory, {@code **}
	 * across directories; files that match one after an exclamation mark are left out
	 */
	public List<String> files() {
		return this.files;
	}

	/**
	 * Returns what identifies the model in place of its URL. Requests with equal
	 * identities are of the same model, whatever their URLs are.
	 * @return any text, or {@code null} if the URL identifies the model; parameters of
	 * the URL that grant access for a while do not count
	 */
	public @Nullable String identity() {
		return this.identity;
	}

	/**
	 * Returns the type of the model, such as {@code tinyllama}.
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
	 * Returns the path at which to store the file.
	 * @return the path, or {@code null} for a path in the cache directory
	 */
	public @Nullable Path modelPath() {
		return this.modelPath;
	}

	/**
	 * Returns what to do when {@link #modelPath()} contains a file that is not the model
	 * and was not stored by the cache.
	 * @return what to do, {@link ModelPathConflict#FAIL} by default
	 */
	public ModelPathConflict modelPathConflict() {
		return this.modelPathConflict;
	}

	/**
	 * Returns the name of a configuration key of this model, for messages.
	 * @param name the name of the key, such as {@code model-path}
	 * @return the key with its prefix, such as {@code hooks.llm.models.a.model-path}; the
	 * name alone if the request does not come from the configuration
	 */
	public String key(String name) {
		return (this.configuredAs != null) ? this.configuredAs + "." + name : name;
	}

	/**
	 * Returns the prefix of the configuration keys of the model.
	 * @return the prefix without a trailing dot, or {@code null} if the request does not
	 * come from the configuration
	 */
	public @Nullable String configuredAs() {
		return this.configuredAs;
	}

	/**
	 * Creates a builder with the values of this request.
	 * @return a builder
	 */
	public Builder toBuilder() {
		return new Builder(this.id).url(this.url)
			.mirrors(this.mirrors)
			.fallbackUrl(this.fallbackUrl)
			.fallbacks(this.fallbacks)
			.files(this.files)
			.identity(this.identity)
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
	 * Returns the expected digest, which takes precedence over the digest that the source
	 * states.
	 * @return the digest, or {@code null}
	 */
	public @Nullable Digest expectedDigest() {
		return this.expectedDigest;
	}

	/**
	 * Returns the origin of the {@linkplain #expectedDigest() expected digest}.
	 * @return the origin, {@link DigestOrigin#CONFIGURATION} by default
	 */
	public DigestOrigin digestOrigin() {
		return this.digestOrigin;
	}

	/**
	 * Returns whether to reject a file that cannot be verified with a digest.
	 * @return {@code true} to reject it
	 */
	public boolean digestRequired() {
		return this.digestRequired;
	}

	/**
	 * Returns the estimated size, which is used to show progress until the size is known.
	 * @return the estimate, or {@code null}
	 */
	public @Nullable DataSize estimatedSize() {
		return this.estimatedSize;
	}

	/**
	 * Returns the maximum size of a model from the catalog.
	 * @return the size, or {@code null} for any size
	 */
	public @Nullable DataSize maxSize() {
		return this.maxSize;
	}

	/**
	 * Returns the maximum number of consecutive requests to a mirror without a new byte,
	 * and of downloads of a file whose digest does not match.
	 * @return the number, 0 or more; 0 and 1 both mean a single attempt
	 */
	public int maxAttempts() {
		return this.maxAttempts;
	}

	/**
	 * Returns whether the application's health depends on the model.
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
				this.identity, this.modelType, this.modelName, this.quantization, this.modelPath,
				this.modelPathConflict, this.configuredAs, this.expectedDigest, this.digestOrigin, this.digestRequired,
				this.estimatedSize, this.maxSize, this.maxAttempts, this.required);
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

		private @Nullable String identity;

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
		 * Sets the URL of the model.
		 * @param url the URL
		 * @return this builder
		 */
		public Builder url(@Nullable URI url) {
			this.url = url;
			return this;
		}

		/**
		 * Sets additional URLs of the same file.
		 * @param mirrors the mirrors, in order
		 * @return this builder
		 */
		public Builder mirrors(List<URI> mirrors) {
			this.mirrors = mirrors;
			return this;
		}

		/**
		 * Sets the URL of the same model at another location, which is used when the URL
		 * and all mirrors have failed.
		 * @param fallbackUrl the URL
		 * @return this builder
		 */
		public Builder fallbackUrl(@Nullable URI fallbackUrl) {
			this.fallbackUrl = fallbackUrl;
			return this;
		}

		/**
		 * Adds another model to use when this model is not available.
		 * @param fallback the fallback, tried after those added before
		 * @return this builder
		 */
		public Builder fallback(ModelRequest fallback) {
			this.fallbacks.add(fallback);
			return this;
		}

		/**
		 * Sets other models to use when this model is not available.
		 * @param fallbacks the fallbacks, in order
		 * @return this builder
		 */
		public Builder fallbacks(List<ModelRequest> fallbacks) {
			this.fallbacks.clear();
			this.fallbacks.addAll(fallbacks);
			return this;
		}

		/**
		 * Sets the files of the repository to download in addition to the one that the
		 * URL names.
		 * @param files paths or globs, see {@link ModelRequest#files()}
		 * @return this builder
		 */
		public Builder files(List<String> files) {
			this.files = files;
			return this;
		}

		/**
		 * Sets what identifies the model in place of its URL, for example if the URL
		 * contains a secret that changes.
		 * @param identity any text, or {@code null}
		 * @return this builder
		 */
		public Builder identity(@Nullable String identity) {
			this.identity = identity;
			return this;
		}

		/**
		 * Sets the type, name and quantization of the model.
		 * @param modelType the type
		 * @param modelName the name
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
		 * Sets the path at which to store the file.
		 * @param modelPath the path of the file
		 * @return this builder
		 */
		public Builder modelPath(@Nullable Path modelPath) {
			this.modelPath = modelPath;
			return this;
		}

		/**
		 * Sets what to do when the path contains a file that is not the model and was not
		 * stored by the cache.
		 * @param modelPathConflict what to do
		 * @return this builder
		 */
		public Builder modelPathConflict(ModelPathConflict modelPathConflict) {
			this.modelPathConflict = Objects.requireNonNull(modelPathConflict, "modelPathConflict");
			return this;
		}

		/**
		 * Sets the prefix of the configuration keys of the model, for messages.
		 * @param prefix the prefix without a trailing dot, such as
		 * {@code hooks.llm.models.a}, or {@code null}
		 * @return this builder
		 */
		public Builder configuredAs(@Nullable String prefix) {
			this.configuredAs = prefix;
			return this;
		}

		/**
		 * Sets the expected digest of the file.
		 * @param expectedDigest the digest
		 * @return this builder
		 */
		public Builder expectedDigest(@Nullable Digest expectedDigest) {
			return expectedDigest(expectedDigest, DigestOrigin.CONFIGURATION);
		}

		/**
		 * Sets the expected digest of the file and its origin.
		 * @param expectedDigest the digest
		 * @param digestOrigin the origin of the digest
		 * @return this builder
		 */
		public Builder expectedDigest(@Nullable Digest expectedDigest, DigestOrigin digestOrigin) {
			this.expectedDigest = expectedDigest;
			this.digestOrigin = digestOrigin;
			return this;
		}

		/**
		 * Sets whether to reject a file that cannot be verified with a digest.
		 * @param digestRequired {@code true} to reject it
		 * @return this builder
		 */
		public Builder digestRequired(boolean digestRequired) {
			this.digestRequired = digestRequired;
			return this;
		}

		/**
		 * Sets the estimated size.
		 * @param estimatedSize the estimate
		 * @return this builder
		 */
		public Builder estimatedSize(@Nullable DataSize estimatedSize) {
			this.estimatedSize = estimatedSize;
			return this;
		}

		/**
		 * Sets the maximum size of a model from the catalog.
		 * @param maxSize the size
		 * @return this builder
		 */
		public Builder maxSize(@Nullable DataSize maxSize) {
			this.maxSize = maxSize;
			return this;
		}

		/**
		 * Sets the maximum number of attempts.
		 * @param maxAttempts the number, see {@link ModelRequest#maxAttempts()}
		 * @return this builder
		 */
		public Builder maxAttempts(int maxAttempts) {
			this.maxAttempts = maxAttempts;
			return this;
		}

		/**
		 * Sets the maximum number of attempts.
		 * @param maxRetries the number of attempts
		 * @return this builder
		 * @deprecated in favor of {@link #maxAttempts(int)}
		 */
		@Deprecated(since = "0.2.0", forRemoval = false)
		public Builder maxRetries(int maxRetries) {
			return maxAttempts(maxRetries);
		}

		/**
		 * Sets whether the application's health depends on the model.
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
