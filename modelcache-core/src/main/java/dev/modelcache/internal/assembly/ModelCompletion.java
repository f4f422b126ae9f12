/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.catalog.CatalogEntry;
import dev.modelcache.internal.source.catalog.CatalogName;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.store.CacheLayout;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.source.CatalogVariant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the configured models and completes them: URLs from the catalogs, smaller
 * variants as fallbacks, and paths of fallbacks beside the path of their model. No two
 * models share a path, because one would replace the file of the other.
 * <p>
 * <em>Blocking</em>: looks whether files exist.
 */
public final class ModelCompletion {

	private static final Logger logger = LoggerFactory.getLogger(ModelCompletion.class);

	private final SourceResolvers sources;

	private final Supplier<ModelCatalogs> catalogs;

	private final SourceUrls urls;

	private final UnaryOperator<URI> names;

	private final Map<Path, String> taken = new HashMap<>();

	/**
	 * Creates a completion.
	 * @param sources all sources
	 * @param catalogs the models that are known by name; read when one is looked up
	 * @param settings names the keys of messages
	 * @param insecureHttpAllowed whether plain http is allowed
	 * @param names returns the URL that stands for all that name the same model
	 */
	public ModelCompletion(SourceResolvers sources, Supplier<ModelCatalogs> catalogs, Settings settings,
			boolean insecureHttpAllowed, UnaryOperator<URI> names) {
		this.sources = sources;
		this.catalogs = catalogs;
		this.urls = new SourceUrls(sources, insecureHttpAllowed, settings.keys());
		this.names = names;
	}

	/**
	 * Completes the models.
	 * @param models the models as they were configured
	 * @return the models in the same order
	 * @throws ModelConfigurationException if a value is wrong
	 */
	public List<ModelRequest> complete(Collection<ModelRequest> models) {
		for (ModelRequest model : models) {
			take(model);
			model.fallbacks().forEach(this::take);
		}
		List<ModelRequest> completed = models.stream().map(this::complete).toList();
		checkSignatures(completed);
		return completed;
	}

	/**
	 * The URLs of two files may differ in what is taken for a signature. Other forms of
	 * one URL are told only where they cannot be of one file.
	 */
	private void checkSignatures(List<ModelRequest> models) {
		Map<String, ModelRequest> known = new HashMap<>();
		models.stream()
			.flatMap((model) -> Stream.concat(Stream.of(model), model.fallbacks().stream()))
			.filter((model) -> model.identity() == null && model.modelPath() == null)
			.forEach((model) -> {
				URI url = model.url();
				ModelRequest other = (url != null)
						? known.putIfAbsent(CacheLayout.sourceKey(this.names.apply(url)) + model.files(), model) : null;
				if (url != null && other != null && other.url() != null) {
					boolean forms = this.names.apply(url).equals(this.names.apply(other.url()));
					if (forms ? !url.equals(other.url())
							: !Objects.equals(url.getRawQuery(), other.url().getRawQuery())) {
						checkSignatures(other, model, forms);
					}
				}
			});
	}

	private static void checkSignatures(ModelRequest one, ModelRequest other, boolean forms) {
		Digest first = one.expectedDigest();
		Digest second = other.expectedDigest();
		if (first == null || second == null || first.algorithm() != second.algorithm()) {
			if (!forms) {
				logger.warn(
						"{} and {} differ only in parameters of a signature, so both are one model. Set {} and {} if they are two models",
						one.key("url"), other.key("url"), one.key("identity"), other.key("identity"));
			}
		}
		else if (!first.equals(second)) {
			throw wrong(other, "url",
					(forms ? "names the same file as " + one.key("url")
							: "differs from " + one.key("url") + " only in parameters of a signature")
							+ ", so both are one model, but the checksums differ",
					"Set " + one.key("identity") + " and " + other.key("identity")
							+ " if they are two models, or correct the checksums");
		}
	}

	/**
	 * Returns the hosts that models are configured to come from.
	 * @param models the completed models
	 * @param hub the Hub
	 * @return the hosts as {@code host:port}
	 */
	public static Set<String> hosts(Collection<ModelRequest> models, URI hub) {
		return models.stream()
			.flatMap((model) -> Stream.concat(Stream.of(model), model.fallbacks().stream()))
			.flatMap((model) -> Stream.concat(Stream.of(model.url(), model.fallbackUrl()), model.mirrors().stream()))
			.filter(Objects::nonNull)
			.flatMap((url) -> switch (url.getScheme().toLowerCase(Locale.ROOT)) {
				case "https", "http" -> Stream.of(Origin.of(url).authority());
				case "hf" -> Stream.of(Origin.of(hub).authority());
				case "oci", "ollama" -> OciResolver.hosts(url);
				default -> Stream.<String>empty();
			})
			.collect(Collectors.toSet());
	}

	private void take(ModelRequest model) {
		Path path = model.modelPath();
		if (path == null) {
			return;
		}
		if (Files.isDirectory(path) && !ModelStore.isPointer(path)) {
			throw wrong(model, "model-path", path + " is a directory", "Append the name of the model's file");
		}
		String other = this.taken.putIfAbsent(path.normalize(), model.key("model-path"));
		if (other != null) {
			throw wrong(model, "model-path", "is the same file as " + other, "Use a different path for each model");
		}
	}

	private ModelRequest complete(ModelRequest model) {
		Source source = source(model, model.modelType(), model.modelName());
		ModelRequest.Builder builder = completed(model, source);
		if (model.fallbackUrl() != null) {
			builder.fallbackUrl(this.urls.check(model, "fallback-url", model.fallbackUrl()));
		}
		List<ModelRequest> fallbacks = model.fallbacks().isEmpty() ? catalogFallbacks(model, source)
				: configuredFallbacks(model);
		return builder.fallbacks(fallbacks).build();
	}

	private List<ModelRequest> configuredFallbacks(ModelRequest model) {
		List<ModelRequest> fallbacks = new ArrayList<>();
		for (ModelRequest fallback : model.fallbacks()) {
			boolean named = fallback.modelType() != null || fallback.modelName() != null;
			CatalogName entry = catalogName(model.url());
			String type = named ? fallback.modelType() : (entry != null) ? entry.toString() : model.modelType();
			String name = named ? fallback.modelName() : (entry != null) ? null : model.modelName();
			Source source = source(fallback, type, name);
			ModelRequest.Builder builder = completed(fallback, source);
			if (fallback.modelPath() == null) {
				builder.modelPath(beside(model, source.url(), fallbacks.size() + 1));
			}
			fallbacks.add(builder.build());
		}
		return fallbacks;
	}

	private List<ModelRequest> catalogFallbacks(ModelRequest model, Source source) {
		CatalogEntry entry = source.entry();
		List<ModelRequest> fallbacks = new ArrayList<>();
		for (int i = 1; entry != null && i < source.variants().size(); i++) {
			CatalogVariant variant = source.variants().get(i);
			URI url = entry.url(variant, this.sources, model.id());
			fallbacks.add(ModelRequest.builder(model.id())
				.configuredAs(model.configuredAs())
				.modelPathConflict(model.modelPathConflict())
				.maxAttempts(model.maxAttempts())
				.required(model.required())
				.digestRequired(model.digestRequired())
				.url(url)
				.files(model.files().isEmpty() ? variant.files() : model.files())
				.describedAs(model.modelType(), model.modelName(), variant.quantization())
				.expectedDigest(variant.digest(), DigestOrigin.CATALOG)
				.estimatedSize(variant.size())
				.modelPath(beside(model, url, i))
				.build());
		}
		return fallbacks;
	}

	private ModelRequest.Builder completed(ModelRequest model, Source source) {
		URI url = source.url();
		if (!model.files().isEmpty() && (url == null || !SourceUrls.isOfRepository(url))) {
			throw wrong(model, "files", "applies to files of a repository, but the url does not refer to a repository",
					"Set " + model.key("url") + " to a repository such as hf://org/repo, or remove the key");
		}
		if (model.identity() != null && url == null) {
			throw wrong(model, "identity", "identifies the model in place of its url, but no url is set",
					"Set " + model.key("url") + ", or remove the key");
		}
		List<URI> mirrors = new ArrayList<>();
		for (URI mirror : model.mirrors()) {
			mirrors.add(this.urls.check(model, "mirrors[" + mirrors.size() + "]", mirror));
		}
		ModelRequest.Builder builder = model.toBuilder()
			.url(url)
			.mirrors(mirrors)
			.describedAs(source.type(), source.name(), model.quantization());
		CatalogVariant variant = source.variant();
		if (variant != null) {
			builder.describedAs(source.type(), source.name(), variant.quantization());
			if (model.files().isEmpty()) {
				builder.files(variant.files());
			}
			if (model.expectedDigest() == null) {
				builder.expectedDigest(variant.digest(), DigestOrigin.CATALOG);
			}
			if (model.estimatedSize() == null) {
				builder.estimatedSize(variant.size());
			}
		}
		return builder;
	}

	private Source source(ModelRequest model, @Nullable String type, @Nullable String name) {
		if (model.url() == null) {
			return find(model, type, name);
		}
		URI url = this.urls.check(model, "url", model.url());
		if (!CatalogName.SCHEME.equalsIgnoreCase(url.getScheme())) {
			if (model.maxSize() != null) {
				throw wrong(model, "max-size",
						"applies to models from the catalog, but the url does not refer to a catalog model",
						"Remove one of the two keys");
			}
			return new Source(url, type, name, null, List.of());
		}
		CatalogName entry = CatalogName.parse(url);
		Optional<CatalogEntry> known = this.catalogs.get().find(entry);
		if (known.isPresent()) {
			return variants(model, known.get(), type, name, null);
		}
		if (this.catalogs.get().hasRemote()) {
			return new Source(entry.toUri(), type, name, null, List.of());
		}
		throw wrong(model, "url", "refers to a model that is not in any catalog: '" + entry + "'",
				"Use one of " + names() + ", or use another url");
	}

	private Source find(ModelRequest model, @Nullable String type, @Nullable String name) {
		Path path = model.modelPath();
		Optional<CatalogName> byType = CatalogName.of(type);
		Optional<CatalogName> byName = CatalogName.of(name);
		Optional<CatalogEntry> entry = byType.flatMap(this.catalogs.get()::find)
			.or(() -> byName.flatMap(this.catalogs.get()::find));
		if (entry.isPresent()) {
			return variants(model, entry.get(), type, name, path);
		}
		if (isThere(path)) {
			return new Source(null, type, name, null, List.of());
		}
		Optional<CatalogName> later = byType.or(() -> byName).filter((any) -> this.catalogs.get().hasRemote());
		return later.map((wanted) -> new Source(wanted.toUri(), type, name, null, List.of()))
			.orElseThrow(() -> wrong(model, "url",
					"is not set" + ((path != null) ? ", there is no file at " + path : "") + ", and the catalog "
							+ ((type != null || name != null) ? "does not contain " + quoted(type, name)
									: "requires a model-type or a model-name"),
					"Set " + model.key("url") + ", put the file at " + model.key("model-path") + ", or set "
							+ model.key("model-type") + " to one of " + names()));
	}

	private Source variants(ModelRequest model, CatalogEntry entry, @Nullable String type, @Nullable String name,
			@Nullable Path path) {
		String quantization = model.quantization();
		List<CatalogVariant> variants = entry.fitting(quantization, model.maxSize());
		if (!variants.isEmpty()) {
			return new Source(entry.url(variants.get(0), this.sources, model.id()), type, name, entry, variants);
		}
		if (isThere(path)) {
			return new Source(null, type, name, null, List.of());
		}
		if (!entry.has(quantization)) {
			throw wrong(model, "quantization",
					"the catalog has no variant '" + quantization + "' of " + entry.name().name(),
					"Use one of " + String.join(", ", entry.quantizations()) + ", or set " + model.key("url"));
		}
		throw wrong(model, "max-size", "is smaller than all variants of " + entry.name().name() + " in the catalog",
				"Increase it, or use a smaller model: one of " + names());
	}

	private static @Nullable CatalogName catalogName(@Nullable URI url) {
		return (url != null && CatalogName.SCHEME.equals(url.getScheme())) ? CatalogName.parse(url) : null;
	}

	private static boolean isThere(@Nullable Path path) {
		return path != null && Files.isRegularFile(path);
	}

	private static String quoted(@Nullable String type, @Nullable String name) {
		return (type != null && name != null) ? "'" + type + "' or '" + name + "'"
				: "'" + Objects.requireNonNullElse(type, name) + "'";
	}

	private String names() {
		return String.join(", ", this.catalogs.get().names());
	}

	/**
	 * Returns a path of a fallback beside the path of its model, with the name of the
	 * URL's file, or of the content of a compressed one, or with a number where that name
	 * is taken.
	 */
	private @Nullable Path beside(ModelRequest primary, @Nullable URI url, int number) {
		if (primary.modelPath() == null) {
			return null;
		}
		String fileName = primary.modelPath().getFileName().toString();
		String name = (url != null) ? SourceUrls.fileName(url) : null;
		Path path = primary.modelPath().resolveSibling((name != null) ? Compression.contentName(name) : fileName);
		for (int n = number; this.taken.putIfAbsent(path.normalize(), "a fallback's path") != null; n++) {
			path = numbered(primary.modelPath(), n);
		}
		return path;
	}

	private static Path numbered(Path path, int number) {
		String fileName = path.getFileName().toString();
		int dot = fileName.lastIndexOf('.');
		int end = (dot > 0) ? dot : fileName.length();
		return CacheLayout.beside(path.resolveSibling(fileName.substring(0, end)), "",
				"-fallback-" + number + fileName.substring(end));
	}

	static ModelConfigurationException wrong(ModelRequest model, String name, String problem, String action) {
		return new ModelConfigurationException(model.id(), model.key(name), problem, action);
	}

	/**
	 * Where a model is.
	 *
	 * @param url its URL, or {@code null} where only the file at its path counts
	 * @param type what kind of model it is
	 * @param name its name
	 * @param entry the entry of a catalog, or {@code null}
	 * @param variants the variants of the entry, the wanted one first
	 */
	private record Source(@Nullable URI url, @Nullable String type, @Nullable String name, @Nullable CatalogEntry entry,
			List<CatalogVariant> variants) {

		@Nullable CatalogVariant variant() {
			return this.variants.isEmpty() ? null : this.variants.get(0);
		}

	}

}
