/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

/**
 * Catalogs of models that are looked up by name.
 */
public class CatalogProperties {

	/**
	 * Locations of additional catalogs, such as "classpath:", "file:" or "https:" URLs of
	 * JSON files. The built-in catalog is always used.
	 */
	private List<String> locations = new ArrayList<>();

	public List<String> getLocations() {
		return this.locations;
	}

	public void setLocations(List<String> locations) {
		this.locations = locations;
	}

}
