package dev.modelcache.internal.source.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

import org.springframework.util.unit.DataSize;

/**
 * Models that are known by name, so that an application need not know their URLs. Another
 * catalog is another bean of this type.
 * <p>
 * <em>Thread-safety</em>: may be asked from any thread. <em>Blocking</em>: must not
 * block.
 */
public interface ModelCatalog {

	/** How large the text of a catalog may be. */
	DataSize LARGEST = DataSize.ofMegabytes(1);

	/**
	 * Returns the catalog that comes with the library.
	 * @return the catalog
	 */
	static ModelCatalog builtIn() {
		try (InputStream in = ModelCatalog.class.getResourceAsStream("built-in.json")) {
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
	static ModelCatalog read(String location, byte[] text, CatalogRules rules) {
		return new ListedModels(location, new CatalogParser(location, rules).parse(text));
	}

	/**
	 * Returns where it is.
	 * @return the location, as it may be shown
	 */
	String location();

	/**
	 * Finds an entry.
	 * @param name the name; letters match in any case
	 * @return the first entry of that name and version, if there is one
	 */
	Optional<CatalogEntry> find(CatalogName name);

	/**
	 * Returns the names of all entries.
	 * @return the names without versions, in the catalog's order
	 */
	List<String> names();

}
