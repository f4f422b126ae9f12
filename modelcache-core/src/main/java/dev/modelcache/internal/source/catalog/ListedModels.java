package dev.modelcache.internal.source.catalog;

import java.util.List;
import java.util.Optional;

/**
 * A catalog in memory.
 *
 * @param location where it was read
 * @param entries its entries
 */
record ListedModels(String location, List<CatalogEntry> entries) implements ModelCatalog {

	@Override
	public Optional<CatalogEntry> find(CatalogName name) {
		return this.entries.stream().filter((entry) -> name.matches(entry.name())).findFirst();
	}

	@Override
	public List<String> names() {
		return this.entries.stream().map((entry) -> entry.name().name()).distinct().toList();
	}

}
