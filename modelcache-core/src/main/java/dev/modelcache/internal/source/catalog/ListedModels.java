/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import dev.modelcache.source.CatalogModel;
import org.springframework.util.unit.DataSize;

/**
 * A catalog in memory.
 *
 * @param location where it is, as it may be shown
 * @param entries its entries, whose names differ
 */
public record ListedModels(String location, List<CatalogEntry> entries) {

	/** How large the text of a catalog may be. */
	public static final DataSize LARGEST = DataSize.ofMegabytes(1);

	/**
	 * Creates a catalog.
	 * @throws IllegalArgumentException if two entries have the same name; the message is
	 * part of a sentence
	 */
	public ListedModels {
		entries = List.copyOf(entries);
		Set<String> names = new HashSet<>();
		for (CatalogEntry entry : entries) {
			if (!names.add(entry.name().toString().toLowerCase(Locale.ROOT))) {
				throw new IllegalArgumentException("it has two entries '" + entry.name() + "'");
			}
		}
	}

	/**
	 * Returns the catalog that comes with the library.
	 * @return the catalog
	 */
	public static ListedModels builtIn() {
		try (InputStream in = ListedModels.class.getResourceAsStream("built-in.json")) {
			return read("the built-in catalog", Objects.requireNonNull(in).readAllBytes(),
					new CatalogRules(false, false));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Reads a catalog.
	 * @param location where it is, as it may be shown
	 * @param text its text as UTF-8
	 * @param rules what it may name
	 * @return the catalog
	 * @throws IllegalArgumentException if it is too large, or anything in it is not
	 * understood or not allowed; the message is part of a sentence and names the entry
	 */
	public static ListedModels read(String location, byte[] text, CatalogRules rules) {
		return new ListedModels(location, new CatalogParser(location, rules).parse(text));
	}

	/**
	 * Creates a catalog of models that the application lists.
	 * @param location what the catalog is called in messages
	 * @param models the models
	 * @param rules what it may name
	 * @return the catalog
	 * @throws IllegalArgumentException if anything is not allowed; the message is part of
	 * a sentence and names the entry
	 */
	public static ListedModels of(String location, List<CatalogModel> models, CatalogRules rules) {
		List<CatalogEntry> entries = new ArrayList<>();
		for (CatalogModel model : models) {
			CatalogName name = CatalogName
				.of((model.version() != null) ? model.name() + "@" + model.version() : model.name())
				.orElseThrow(() -> new IllegalArgumentException(
						"entry number " + (entries.size() + 1) + " has no valid name or version"));
			try {
				model.variants().forEach(rules::check);
				String preferred = model.preferred();
				entries.add(new CatalogEntry(
						location, name, model.license(), (preferred == null && !model.variants().isEmpty())
								? model.variants().get(0).quantization() : String.valueOf(preferred),
						model.variants()));
			}
			catch (IllegalArgumentException ex) {
				throw new IllegalArgumentException("the entry '" + name + "' " + ex.getMessage(), ex);
			}
		}
		return new ListedModels(location, entries);
	}

	/**
	 * Finds an entry.
	 * @param name the name; letters match in any case
	 * @return the first entry of that name and version, if there is one
	 */
	public Optional<CatalogEntry> find(CatalogName name) {
		return this.entries.stream().filter((entry) -> name.matches(entry.name())).findFirst();
	}

	/**
	 * Returns the names of all entries.
	 * @return the names without versions, in the catalog's order
	 */
	public List<String> names() {
		return this.entries.stream().map((entry) -> entry.name().name()).distinct().toList();
	}

}
