package dev.modelcache.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.ConfiguredModels;
import dev.modelcache.Digest;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import dev.modelcache.autoconfigure.ModelLookup.Description;
import dev.modelcache.source.SourceResolvers;
import dev.modelcache.source.catalog.ModelCatalog;
import dev.modelcache.source.catalog.ModelCatalog.Variant;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.unit.DataSize;

/**
 * Turns the properties into the requests of the configured models. Whatever is wrong ends
 * it with a {@link ModelConfigurationException} that names the key.
 * <p>
 * <em>Blocking</em>: looks whether files exist.
 */
final class ModelRequests {

	private final ModelCacheProperties properties;

	private final SourceUrls urls;

	private final ModelLookup lookup;

	private final ModelPaths paths;

	private final ModelEntries entries;

	/**
	 * Creates a reader of the models' keys.
	 * @param properties the properties
	 * @param environment the environment that they were bound from
	 * @param sources all sources
	 * @param catalog the models that are known by name
	 */
	ModelRequests(ModelCacheProperties properties, ConfigurableEnvironment environment, SourceResolvers sources,
			ModelCatalog catalog) {
		this.properties = properties;
		this.urls = new SourceUrls(sources, properties.getDownload().isAllowInsecureHttp());
		this.lookup = new ModelLookup(catalog);
		this.paths = new ModelPaths(new LocalPaths(environment));
		this.entries = new ModelEntries(properties, environment);
	}

	/**
	 * Reads all models.
	 * @return the models, the one at the top level first; none if no key names one
	 * @throws ModelConfigurationException if a value is wrong
	 */
	ConfiguredModels read() {
		ModelChecks.check(ModelKeys.TOP_LEVEL, this.properties);
		Map<ModelKeys, ModelProperties> models = new LinkedHashMap<>(this.entries.read());
		models.forEach(ModelChecks::check);
		models.forEach(this::takePaths);
		List<ModelRequest> requests = new ArrayList<>();
		models.forEach((keys, model) -> requests.add(request(keys, model)));
		return new ConfiguredModels(requests);
	}

	private void takePaths(ModelKeys keys, ModelProperties model) {
		this.paths.take(keys, model);
		for (int i = 0; i < model.getFallbacks().size(); i++) {
			this.paths.take(keys.fallback(i), model.getFallbacks().get(i));
		}
	}

	private ModelRequest request(ModelKeys keys, ModelProperties model) {
		Description description = Description.of(model);
		Path path = this.paths.of(model);
		Source source = source(keys, model, description, path);
		ModelRequest.Builder builder = builder(keys, model);
		if (model.getFallbackUrl() != null) {
			builder.fallbackUrl(this.urls.read(keys, "fallback-url", model.getFallbackUrl()));
		}
		fill(builder, keys, model, source);
		builder.modelPath(path);
		if (!model.getFallbacks().isEmpty()) {
			addConfiguredFallbacks(builder, keys, model);
		}
		else {
			addCatalogFallbacks(builder, keys, model, source);
		}
		return builder.build();
	}

	private void addConfiguredFallbacks(ModelRequest.Builder primary, ModelKeys keys, ModelProperties model) {
		for (int i = 0; i < model.getFallbacks().size(); i++) {
			ModelSourceProperties fallback = model.getFallbacks().get(i);
			ModelKeys fallbackKeys = keys.fallback(i);
			Path path = this.paths.of(fallback);
			Source source = source(fallbackKeys, fallback, Description.of(fallback).asFallbackOf(Description.of(model)),
					path);
			ModelRequest.Builder builder = builder(keys, model);
			fill(builder, fallbackKeys, fallback, source);
			builder.modelPath((path != null) ? path : beside(model, source.url(), i + 1));
			primary.fallback(builder.build());
		}
	}

	private void addCatalogFallbacks(ModelRequest.Builder primary, ModelKeys keys, ModelProperties model,
			Source source) {
		for (int i = 1; i < source.variants().size(); i++) {
			Variant variant = source.variants().get(i);
			Description description = source.description().in(variant);
			primary.fallback(builder(keys, model).url(variant.url())
				.describedAs(description.type(), description.name(), description.quantization())
				.modelPath(beside(model, variant.url(), i))
				.build());
		}
	}

	private ModelRequest.Builder builder(ModelKeys keys, ModelProperties model) {
		return ModelRequest.builder((keys.modelId() != null) ? keys.modelId() : ModelCacheProperties.DEFAULT_MODEL)
			.maxRetries(model.getMaxRetries())
			.required(model.isRequired())
			.digestRequired(model.isRequireChecksum());
	}

	private void fill(ModelRequest.Builder builder, ModelKeys keys, ModelSourceProperties model, Source source) {
		List<URI> mirrors = new ArrayList<>();
		for (int i = 0; i < model.getMirrors().size(); i++) {
			mirrors.add(this.urls.read(keys, "mirrors[" + i + "]", model.getMirrors().get(i)));
		}
		Description description = source.description();
		builder.url(source.url())
			.mirrors(mirrors)
			.files(RepositoryFiles.read(keys, model.getFiles(), source.url()))
			.describedAs(description.type(), description.name(), description.quantization())
			.expectedDigest(digest(keys, model.getExpectedChecksum()))
			.estimatedSize((model.getModelSizeMb() != null) ? DataSize.ofMegabytes(model.getModelSizeMb()) : null);
	}

	private Source source(ModelKeys keys, ModelSourceProperties model, Description description, @Nullable Path path) {
		if (model.getUrl() != null) {
			return new Source(this.urls.read(keys, "url", model.getUrl()), description, List.of());
		}
		List<Variant> variants = this.lookup.find(keys, description, path);
		if (variants.isEmpty()) {
			return new Source(null, description, variants);
		}
		return new Source(variants.get(0).url(), description.in(variants.get(0)), variants);
	}

	private @Nullable Path beside(ModelProperties primary, @Nullable URI url, int number) {
		Path path = this.paths.of(primary);
		return (path != null) ? this.paths.beside(path, url, number) : null;
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
					"Write the digest that the model's publisher states, or remove the key");
		}
	}

	/**
	 * Where a model can be had.
	 *
	 * @param url its URL, or {@code null} where only the file that is there counts
	 * @param description what it is
	 * @param variants the catalog's variants, this one first; empty where the catalog was
	 * not needed or does not know it
	 */
	private record Source(@Nullable URI url, Description description, List<Variant> variants) {

	}

}
