package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

/**
 * Which models are known by name.
 */
public class CatalogProperties {

	/**
	 * Catalogs that are asked beside the built-in one: "classpath:", "file:" or "https:"
	 * URLs of JSON files.
	 */
	private List<String> locations = new ArrayList<>();

	public List<String> getLocations() {
		return this.locations;
	}

	public void setLocations(List<String> locations) {
		this.locations = locations;
	}

}
