package dev.modelcache.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import dev.modelcache.ConfiguredModels;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.autoconfigure.ModelLookup.Description;
import dev.modelcache.autoconfigure.ModelLookup.Found;
import dev.modelcache.autoconfigure.ModelLookup.Wish;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.catalog.CatalogEntry;
import dev.modelcache.internal.source.catalog.CatalogName;
import dev.modelcache.internal.source.catalog.CatalogVariant;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
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

	private final SourceResolvers sources;

	private final SourceUrls urls;

	private final ModelLookup lookup;

	private final ModelPaths paths;

	private final ModelEntries entries;

	/**
	 * Creates a reader of the models' keys.
	 * @param properties the properties
	 * @param environment the environment that they were bound from
	 * @param sources all sources
	 * @param catalogs the models that are known by name
	 */
	ModelRequests(ModelCacheProperties properties, ConfigurableEnvironment environment, SourceResolvers sources,
			ModelCatalogs catalogs) {
		this.properties = properties;
		this.sources = sources;
		this.urls = new SourceUrls(sources, properties.getDownload().isAllowInsecureHttp());
		this.lookup = new ModelLookup(catalogs);
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
		ModelChecks.checkUse(this.properties);
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
			Source source = source(fallbackKeys, fallback, Description.of(fallback).asFallbackOf(named(model)), path);
			ModelRequest.Builder builder = builder(keys, model).configuredAs(fallbackKeys.prefix());
			if (fallback.getModelPathConflict() != null) {
				builder.modelPathConflict(fallback.getModelPathConflict());
			}
			fill(builder, fallbackKeys, fallback, source);
			builder.modelPath((path != null) ? path : beside(model, source.url(), i + 1));
			primary.fallback(builder.build());
		}
	}

	private void addCatalogFallbacks(ModelRequest.Builder primary, ModelKeys keys, ModelProperties model,
			Source source) {
		for (int i = 1; i < source.found().variants().size(); i++) {
			CatalogVariant variant = source.found().variants().get(i);
			Source smaller = source(keys, source.description(), source.found(), variant);
			ModelRequest.Builder builder = builder(keys, model);
			describe(builder, keys, model, smaller);
			primary.fallback(builder.expectedDigest(variant.digest(), DigestOrigin.CATALOG)
				.estimatedSize(variant.size())
				.modelPath(beside(model, smaller.url(), i))
				.build());
		}
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

	private void fill(ModelRequest.Builder builder, ModelKeys keys, ModelSourceProperties model, Source source) {
		List<URI> mirrors = new ArrayList<>();
		for (int i = 0; i < model.getMirrors().size(); i++) {
			mirrors.add(this.urls.read(keys, "mirrors[" + i + "]", model.getMirrors().get(i)));
		}
		describe(builder, keys, model, source);
		CatalogVariant variant = source.variant();
		Digest configured = digest(keys, model.getExpectedChecksum());
		if (configured == null && variant != null) {
			builder.expectedDigest(variant.digest(), DigestOrigin.CATALOG);
		}
		else {
			builder.expectedDigest(configured);
		}
		DataSize size = (variant != null) ? variant.size() : null;
		builder.mirrors(mirrors)
			.estimatedSize((model.getModelSizeMb() != null) ? DataSize.ofMegabytes(model.getModelSizeMb()) : size)
			.maxSize(model.getMaxSize());
	}

	private void describe(ModelRequest.Builder builder, ModelKeys keys, ModelSourceProperties model, Source source) {
		Description description = source.description();
		List<String> files = RepositoryFiles.read(keys, model.getFiles(), source.url());
		CatalogVariant variant = source.variant();
		builder.url(source.url())
			.files((files.isEmpty() && variant != null) ? variant.files() : files)
			.describedAs(description.type(), description.name(), description.quantization());
	}

	private Source source(ModelKeys keys, ModelSourceProperties model, Description description, @Nullable Path path) {
		Wish wish = new Wish(description, model.getMaxSize());
		Found found;
		if (model.getUrl() == null) {
			found = this.lookup.find(keys, wish, path);
		}
		else {
			URI url = this.urls.read(keys, "url", model.getUrl());
			if (CatalogName.SCHEME.equalsIgnoreCase(url.getScheme())) {
				found = this.lookup.find(keys, CatalogName.parse(url), wish);
			}
			else if (model.getMaxSize() != null) {
				throw keys.wrong("max-size", "is for models of the catalog, but the model has another url",
						"Remove one of the two");
			}
			else {
				return new Source(url, description, Found.NOTHING, null);
			}
		}
		return found.variants().isEmpty() ? new Source(found.url(), description, found, null)
				: source(keys, description, found, found.variants().get(0));
	}

	private Source source(ModelKeys keys, Description description, Found found, CatalogVariant variant) {
		CatalogEntry entry = Objects.requireNonNull(found.entry());
		return new Source(entry.url(variant, this.sources, keys.modelId()), description.in(variant), found, variant);
	}

	/** Returns what a model is, the entry of the catalog that its URL names included. */
	private Description named(ModelSourceProperties model) {
		Description description = Description.of(model);
		String url = model.getUrl();
		return (url != null && url.strip().startsWith(CatalogName.SCHEME + ":")) ? new Description(
				CatalogName.parse(URI.create(url.strip())).toString(), null, description.quantization()) : description;
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
	 * @param found what the catalogs know of it
	 * @param variant the catalog's variant that this is, or {@code null}
	 */
	private record Source(@Nullable URI url, Description description, Found found, @Nullable CatalogVariant variant) {

	}

}
