/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.WebUrl;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.source.catalog.CatalogRules;
import dev.modelcache.internal.source.catalog.ListedModels;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
import dev.modelcache.internal.source.catalog.RemoteCatalog;
import dev.modelcache.source.ModelCatalog;
import dev.modelcache.internal.Origin;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * Reads the configured catalogs. Those of files and of the class path are read at once,
 * those of web servers when a model needs them. The built-in catalog comes last.
 */
public final class CatalogLocations {

	private final ResourceLoader resources;

	private final Supplier<MetadataClient> client;

	private final boolean insecureHttpAllowed;

	private final Keys keys;

	private final List<ListedModels> local = new ArrayList<>();

	private final List<RemoteCatalog> remote = new ArrayList<>();

	/**
	 * Creates a reader.
	 * @param resources opens files and resources of the class path
	 * @param client fetches catalogs of web servers
	 * @param insecureHttpAllowed whether plain http is allowed
	 * @param settings names the keys of messages
	 */
	public CatalogLocations(ResourceLoader resources, Supplier<MetadataClient> client, boolean insecureHttpAllowed,
			Settings settings) {
		this.resources = resources;
		this.client = client;
		this.insecureHttpAllowed = insecureHttpAllowed;
		this.keys = settings.keys();
	}

	/**
	 * Reads the catalogs.
	 * @param own the catalogs of the application, which come first
	 * @param locations the locations as they were written
	 * @return all catalogs
	 */
	public ModelCatalogs read(List<ModelCatalog> own, List<String> locations) {
		own.forEach((catalog) -> this.local.add(catalog(catalog)));
		for (int i = 0; i < locations.size(); i++) {
			read("catalog.locations[" + i + "]", locations.get(i).strip());
		}
		this.local.add(ListedModels.builtIn());
		return new ModelCatalogs(this.local, this.remote);
	}

	private ListedModels catalog(ModelCatalog catalog) {
		try {
			return ListedModels.of("the application's catalog", catalog.models(),
					new CatalogRules(true, this.insecureHttpAllowed));
		}
		catch (IllegalArgumentException ex) {
			throw this.keys.wrong("catalog", "a ModelCatalog of the application is wrong: " + ex.getMessage(),
					"Correct what it returns");
		}
	}

	private void read(String key, String location) {
		URI uri = uri(key, location);
		switch (String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT)) {
			case "classpath", "file" -> this.local.add(catalog(key, location));
			case "https" -> this.remote.add(remote(key, uri));
			case "http" -> {
				if (!this.insecureHttpAllowed) {
					throw this.keys.wrong(key,
							"uses plain HTTP, which is not protected against eavesdropping and " + "tampering",
							"Use https, or set " + this.keys.key("download.allow-insecure-http") + "=true");
				}
				this.remote.add(remote(key, uri));
			}
			default -> throw this.keys.wrong(key, "does not start with classpath:, file: or https:",
					"Use classpath:catalog.json, file:///path/catalog.json or https://host/catalog.json");
		}
	}

	private URI uri(String key, String location) {
		try {
			return new URI(location);
		}
		catch (URISyntaxException ex) {
			throw this.keys.wrong(key, "is not a valid URL (" + ex.getReason() + ")",
					"Percent-encode special " + "characters");
		}
	}

	private RemoteCatalog remote(String key, URI configured) {
		URI uri = WebUrl.withPlainHost(configured);
		if (!WebUrl.hasHost(uri) || Origin.of(uri).port() > 65535) {
			throw this.keys.wrong(key, "has no valid host or port", "Use https://host/catalog.json");
		}
		if (uri.getRawAuthority().indexOf('@') >= 0) {
			throw this.keys.wrong(key, "contains user-info, but catalogs are downloaded without credentials",
					"Remove the user-info, or use a file for a catalog that is not public");
		}
		return new RemoteCatalog(uri, this.client.get(), this.insecureHttpAllowed);
	}

	private ListedModels catalog(String key, String location) {
		Resource resource = this.resources.getResource(location);
		byte[] text;
		try (InputStream in = resource.getInputStream()) {
			text = in.readNBytes(Math.toIntExact(ListedModels.LARGEST.toBytes()) + 1);
		}
		catch (IOException ex) {
			throw this.keys.wrong(key, location + " cannot be read (" + DiskFault.reason(ex) + ")",
					"Put the catalog there, or correct the location");
		}
		try {
			return ListedModels.read(location, text, new CatalogRules(true, this.insecureHttpAllowed));
		}
		catch (IllegalArgumentException ex) {
			throw this.keys.wrong(key, location + " is invalid: " + ex.getMessage(), "Correct the catalog");
		}
	}

}
