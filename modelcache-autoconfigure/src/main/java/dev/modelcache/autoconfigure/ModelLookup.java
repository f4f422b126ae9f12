package dev.modelcache.autoconfigure;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

import dev.modelcache.internal.source.catalog.CatalogEntry;
import dev.modelcache.internal.source.catalog.CatalogName;
import dev.modelcache.internal.source.catalog.CatalogVariant;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Finds out where a model can be had that has no URL, or the name of a catalog's entry in
 * its place: the file at its path, else the catalogs.
 */
final class ModelLookup {

	private final ModelCatalogs catalogs;

	ModelLookup(ModelCatalogs catalogs) {
		this.catalogs = catalogs;
	}

	/**
	 * Looks up a model that has no URL.
	 * @param keys the model's keys
	 * @param wish what is wanted
	 * @param path where its file shall stand, if that is configured
	 * @return what the catalogs know of it
	 */
	Found find(ModelKeys keys, Wish wish, @Nullable Path path) {
		Description description = wish.description();
		Optional<CatalogName> type = CatalogName.of(description.type());
		Optional<CatalogName> name = CatalogName.of(description.name());
		Optional<CatalogEntry> entry = type.flatMap(this.catalogs::find).or(() -> name.flatMap(this.catalogs::find));
		if (entry.isPresent()) {
			return variants(keys, entry.get(), wish, path);
		}
		if (isThere(path)) {
			return Found.NOTHING;
		}
		Optional<CatalogName> later = type.or(() -> name).filter((any) -> this.catalogs.hasRemote());
		return later.map(Found::later)
			.orElseThrow(() -> keys.wrong("url",
					"is not set" + ((path != null) ? ", there is no file at " + path : "") + ", and the catalog "
							+ ((description.isNamed()) ? "does not know " + description.names()
									: "cannot be asked without a model-type or a model-name"),
					"Set " + keys.key("url") + ", put the file at " + keys.key("model-path") + ", or set "
							+ keys.key("model-type") + " to one of " + names()));
	}

	/**
	 * Looks up a model that a {@code catalog:} URL names.
	 * @param keys the model's keys
	 * @param name the name
	 * @param wish what is wanted
	 * @return what the catalogs know of it
	 */
	Found find(ModelKeys keys, CatalogName name, Wish wish) {
		Optional<CatalogEntry> entry = this.catalogs.find(name);
		if (entry.isPresent()) {
			return variants(keys, entry.get(), wish, null);
		}
		if (this.catalogs.hasRemote()) {
			return Found.later(name);
		}
		throw keys.wrong("url", "names a model that no catalog knows: '" + name + "'",
				"Use one of " + names() + ", or set another url");
	}

	private Found variants(ModelKeys keys, CatalogEntry entry, Wish wish, @Nullable Path path) {
		String quantization = wish.description().quantization();
		List<CatalogVariant> variants = entry.fitting(quantization, wish.maxSize());
		if (!variants.isEmpty()) {
			return new Found(null, entry, variants);
		}
		if (isThere(path)) {
			return Found.NOTHING;
		}
		if (!entry.has(quantization)) {
			throw keys.wrong("quantization", "the catalog has no '" + quantization + "' of " + entry.name().name(),
					"Use one of " + String.join(", ", entry.quantizations()) + ", or set " + keys.key("url"));
		}
		throw keys.wrong("max-size", "is less than all that the catalog has of " + entry.name().name() + " need",
				"Raise it, or use a smaller model: one of " + names());
	}

	private static boolean isThere(@Nullable Path path) {
		return path != null && Files.isRegularFile(path);
	}

	private String names() {
		return String.join(", ", this.catalogs.names());
	}

	/**
	 * What is wanted.
	 *
	 * @param description what it is
	 * @param maxSize how large it may be, about, or {@code null}
	 */
	record Wish(Description description, @Nullable DataSize maxSize) {

	}

	/**
	 * What the catalogs know of a model.
	 *
	 * @param url the URL that the catalogs of web servers will be asked for, or
	 * {@code null} where it is settled
	 * @param entry the entry, or {@code null} where there is none yet
	 * @param variants its variants, the wanted one first; empty where there is no entry
	 */
	record Found(@Nullable URI url, @Nullable CatalogEntry entry, List<CatalogVariant> variants) {

		/** Only the file that is there counts. */
		static final Found NOTHING = new Found(null, null, List.of());

		static Found later(CatalogName name) {
			return new Found(name.toUri(), null, List.of());
		}

	}

	/**
	 * What a model is.
	 *
	 * @param type what kind of model
	 * @param name its name
	 * @param quantization its quantization
	 */
	record Description(@Nullable String type, @Nullable String name, @Nullable String quantization) {

		static Description of(ModelSourceProperties model) {
			return new Description(text(model.getModelType()), text(model.getModelName()),
					text(model.getQuantization()));
		}

		private static @Nullable String text(@Nullable String value) {
			return StringUtils.hasText(value) ? value.strip() : null;
		}

		/**
		 * Returns the description of a fallback, which is the same model unless it says
		 * otherwise.
		 * @param primary the model that it stands in for
		 * @return the description
		 */
		Description asFallbackOf(Description primary) {
			return isNamed() ? this : new Description(primary.type(), primary.name(), this.quantization);
		}

		/**
		 * Returns the same model in a variant of the catalog.
		 * @param variant the variant
		 * @return the description
		 */
		Description in(CatalogVariant variant) {
			return new Description(this.type, this.name, variant.quantization());
		}

		boolean isNamed() {
			return this.type != null || this.name != null;
		}

		String names() {
			return (this.type != null && this.name != null) ? "'" + this.type + "' or '" + this.name + "'"
					: "'" + Objects.requireNonNullElse(this.type, this.name) + "'";
		}

	}

}
