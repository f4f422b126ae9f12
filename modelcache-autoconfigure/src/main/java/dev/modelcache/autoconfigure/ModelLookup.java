package dev.modelcache.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

import dev.modelcache.source.catalog.ModelCatalog;
import dev.modelcache.source.catalog.ModelCatalog.Entry;
import dev.modelcache.source.catalog.ModelCatalog.Variant;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * Finds out where a model that has no URL can be had: the file at its path, else the
 * catalog.
 */
final class ModelLookup {

	private final ModelCatalog catalog;

	ModelLookup(ModelCatalog catalog) {
		this.catalog = catalog;
	}

	/**
	 * Looks a model up.
	 * @param keys the model's keys
	 * @param description what it is
	 * @param path where its file shall stand, if that is configured
	 * @return the catalog's variants, the wanted one first; empty where only the file
	 * that is there counts
	 */
	List<Variant> find(ModelKeys keys, Description description, @Nullable Path path) {
		Optional<Entry> entry = this.catalog.find(description.type()).or(() -> this.catalog.find(description.name()));
		List<Variant> variants = entry.map((known) -> known.startingAt(description.quantization())).orElse(List.of());
		if (!variants.isEmpty() || (path != null && Files.isRegularFile(path))) {
			return variants;
		}
		if (entry.isPresent()) {
			throw keys.wrong("quantization",
					"the catalog has no '" + description.quantization() + "' of " + entry.get().name(),
					"Use one of " + String.join(", ", entry.get().quantizations()) + ", or set " + keys.key("url"));
		}
		throw keys.wrong("url",
				"is not set" + ((path != null) ? ", there is no file at " + path : "") + ", and the catalog "
						+ ((description.isNamed()) ? "does not know " + description.names()
								: "cannot be asked without a model-type or a model-name"),
				"Set " + keys.key("url") + ", put the file at " + keys.key("model-path") + ", or set "
						+ keys.key("model-type") + " to one of " + String.join(", ", this.catalog.names()));
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
		Description in(Variant variant) {
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
