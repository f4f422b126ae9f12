package dev.modelcache.source.catalog;

import java.net.URI;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * The models that are known by name, so that an application need not know their URLs.
 * <p>
 * <em>Thread-safety</em>: immutable.
 */
public interface ModelCatalog {

	/**
	 * Returns the catalog that comes with the library.
	 * @return the catalog
	 */
	static ModelCatalog builtIn() {
		return BuiltInModelCatalog.INSTANCE;
	}

	/**
	 * Finds an entry by its name.
	 * @param name the name in any case, or {@code null}, which nothing is called
	 * @return the entry, if there is one
	 */
	Optional<Entry> find(@Nullable String name);

	/**
	 * Returns the names of all entries.
	 * @return the names, in the catalog's order
	 */
	List<String> names();

	/**
	 * A model that is known by name.
	 *
	 * @param name the name
	 * @param variants its quantizations, at least one, the preferred one first
	 */
	record Entry(String name, List<Variant> variants) {

		/**
		 * Creates an entry.
		 * @throws IllegalArgumentException if there is no variant
		 */
		public Entry {
			variants = List.copyOf(variants);
			if (variants.isEmpty()) {
				throw new IllegalArgumentException("the catalog entry " + name + " has no variant");
			}
		}

		/**
		 * Returns a variant and those that may stand in for it, which are the ones listed
		 * after it.
		 * @param quantization the variant's quantization in any case, or {@code null} for
		 * the preferred one
		 * @return the variants, the wanted one first; empty for an unknown quantization
		 */
		public List<Variant> startingAt(@Nullable String quantization) {
			if (quantization == null) {
				return this.variants;
			}
			for (int i = 0; i < this.variants.size(); i++) {
				if (this.variants.get(i).quantization().equalsIgnoreCase(quantization)) {
					return this.variants.subList(i, this.variants.size());
				}
			}
			return List.of();
		}

		/**
		 * Returns the quantizations of all variants.
		 * @return the quantizations, the preferred one first
		 */
		public List<String> quantizations() {
			return this.variants.stream().map(Variant::quantization).toList();
		}

	}

	/**
	 * One quantization of a model.
	 *
	 * @param quantization the quantization, such as {@code Q4_K_M}
	 * @param url where its file is
	 */
	record Variant(String quantization, URI url) {

	}

}
