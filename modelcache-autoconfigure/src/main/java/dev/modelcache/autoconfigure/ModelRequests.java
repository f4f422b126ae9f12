/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.File;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Maps the properties to the requests of the configured models. Values that cannot be
 * parsed are reported with their key; the builder of the cache validates the requests.
 */
final class ModelRequests {

	private final ModelCacheProperties properties;

	private final ConfigurableEnvironment environment;

	private final ModelEntries entries;

	/**
	 * Creates a mapping of the models' keys.
	 * @param properties the properties
	 * @param environment the environment that they were bound from
	 */
	ModelRequests(ModelCacheProperties properties, ConfigurableEnvironment environment) {
		this.properties = properties;
		this.environment = environment;
		this.entries = new ModelEntries(properties, environment);
	}

	/**
	 * Reads all models.
	 * @return the models, the top-level one first; empty if no model is configured
	 * @throws ModelConfigurationException if a value is invalid
	 */
	List<ModelRequest> read() {
		ModelChecks.check(ModelKeys.TOP_LEVEL, this.properties);
		ModelChecks.checkUse(this.properties);
		Map<ModelKeys, ModelProperties> models = new LinkedHashMap<>(this.entries.read());
		models.forEach(ModelChecks::check);
		List<ModelRequest> requests = new ArrayList<>();
		models.forEach((keys, model) -> requests.add(request(keys, model)));
		return requests;
	}

	private ModelRequest request(ModelKeys keys, ModelProperties model) {
		ModelRequest.Builder builder = builder(keys, model);
		fill(builder, keys, model);
		builder.fallbackUrl(url(keys, "fallback-url", model.getFallbackUrl()));
		for (int i = 0; i < model.getFallbacks().size(); i++) {
			builder.fallback(fallback(keys, model, i));
		}
		return builder.build();
	}

	private ModelRequest fallback(ModelKeys keys, ModelProperties model, int index) {
		ModelSourceProperties fallback = model.getFallbacks().get(index);
		ModelKeys fallbackKeys = keys.fallback(index);
		ModelRequest.Builder builder = builder(keys, model).configuredAs(fallbackKeys.prefix());
		if (fallback.getModelPathConflict() != null) {
			builder.modelPathConflict(fallback.getModelPathConflict());
		}
		fill(builder, fallbackKeys, fallback);
		return builder.build();
	}

	private ModelRequest.Builder builder(ModelKeys keys, ModelProperties model) {
		return ModelRequest.builder((keys.modelId() != null) ? keys.modelId() : ModelCacheProperties.DEFAULT_MODEL)
			.configuredAs(keys.prefix())
			.modelPathConflict(
					(model.getModelPathConflict() != null) ? model.getModelPathConflict() : ModelPathConflict.FAIL)
			.maxAttempts(model.attempts())
			.required(model.isRequired())
			.digestRequired(model.isRequireChecksum());
	}

	private void fill(ModelRequest.Builder builder, ModelKeys keys, ModelSourceProperties model) {
		List<URI> mirrors = new ArrayList<>();
		for (String mirror : model.getMirrors()) {
			mirrors.add(url(keys, "mirrors[" + mirrors.size() + "]", mirror));
		}
		Integer size = model.getModelSizeMb();
		builder.modelPath(path(keys, model.getModelPath()))
			.url(url(keys, "url", model.getUrl()))
			.mirrors(mirrors)
			.files(files(keys, model.getFiles()))
			.identity(identity(keys, model.getIdentity()))
			.describedAs(text(model.getModelType()), text(model.getModelName()), text(model.getQuantization()))
			.expectedDigest(digest(keys, model.getExpectedChecksum()))
			.estimatedSize((size != null) ? DataSize.ofMegabytes(size) : null)
			.maxSize(model.getMaxSize());
	}

	private static @Nullable String identity(ModelKeys keys, @Nullable String identity) {
		if (identity != null && identity.isBlank()) {
			throw keys.wrong("identity", "is empty", "Set any text that names the model, or remove the key");
		}
		return text(identity);
	}

	private static @Nullable String text(@Nullable String value) {
		return StringUtils.hasText(value) ? value.strip() : null;
	}

	/** Messages contain no URLs, because a malformed one cannot be redacted reliably. */
	private static @Nullable URI url(ModelKeys keys, String name, @Nullable String text) {
		if (text == null) {
			return null;
		}
		if (text.isBlank()) {
			throw keys.wrong(name, "is empty", "Set a URL, or remove the key");
		}
		try {
			return new URI(text.strip());
		}
		catch (URISyntaxException ex) {
			throw keys.wrong(name, "is not a valid URL (" + ex.getReason() + " at position " + ex.getIndex() + ")",
					"Percent-encode special characters, and use file:///path for a local file");
		}
	}

	private @Nullable Path path(ModelKeys keys, @Nullable String text) {
		if (text == null) {
			return null;
		}
		Path path = keys.path("model-path", text, this.environment);
		if (text.strip().endsWith("/") || text.strip().endsWith(File.separator)) {
			throw keys.wrong("model-path", path + " is a directory", "Append the name of the model's file");
		}
		return path;
	}

	private static List<String> files(ModelKeys keys, List<String> files) {
		List<String> read = new ArrayList<>();
		for (int i = 0; i < files.size(); i++) {
			String glob = files.get(i).strip();
			try {
				boolean exclusion = glob.startsWith("!");
				read.add((exclusion ? "!" : "") + new ModelFileName(exclusion ? glob.substring(1) : glob).text());
			}
			catch (IllegalArgumentException ex) {
				throw keys.wrong("files[" + i + "]", "is not a path in a repository: " + ex.getMessage(),
						"Use a path such as onnx/model.onnx, or a glob such as *.safetensors");
			}
			if (glob.indexOf('{') >= 0 || glob.indexOf('}') >= 0) {
				throw keys.wrong("files[" + i + "]", "contains braces",
						"Use a separate glob with *, ** or ? for " + "each alternative");
			}
		}
		return read;
	}

	private static @Nullable Digest digest(ModelKeys keys, @Nullable String text) {
		if (text == null) {
			return null;
		}
		try {
			return Digest.parse(text);
		}
		catch (IllegalArgumentException ex) {
			throw keys.wrong("expected-checksum", "is " + ex.getMessage(),
					"Use the digest that the publisher of the model states, or remove the key");
		}
	}

}
