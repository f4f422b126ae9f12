/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.http.WebRequest;
import dev.modelcache.internal.http.MetadataResponse;
import dev.modelcache.source.SourceLocation;
import reactor.core.publisher.Mono;

/**
 * A catalog of a web server. It is fetched whenever a model that only it may know has to
 * be resolved, anonymously.
 */
public final class RemoteCatalog {

	private final URI uri;

	private final MetadataClient client;

	private final CatalogRules rules;

	/**
	 * Creates it.
	 * @param uri where it is, without user-info
	 * @param client fetches it
	 * @param insecureHttp whether it may name plain {@code http:} URLs
	 */
	public RemoteCatalog(URI uri, MetadataClient client, boolean insecureHttp) {
		this.uri = uri;
		this.client = client;
		this.rules = new CatalogRules(false, insecureHttp);
	}

	/**
	 * Fetches it.
	 * <p>
	 * <em>Errors</em>: {@link ModelTransferException} where there is no answer now,
	 * {@link ModelConfigurationException} where the answer is no catalog.
	 * @param location the location that names an entry of it
	 * @return the catalog
	 */
	Mono<ListedModels> read(SourceLocation location) {
		return this.client.exchange(location, WebRequest.get(this.uri).followingAnywhere())
			.map((response) -> read(location.request().id(), response));
	}

	private ListedModels read(String modelId, MetadataResponse response) {
		int status = response.status();
		if (status == 408 || status == 429 || status >= 500) {
			throw new ModelTransferException(modelId, "the catalog " + this + " answered " + status,
					"Try again later, or set the url of the model", null);
		}
		if (!response.isSuccess()) {
			throw wrong(modelId, "answered " + status);
		}
		try {
			return ListedModels.read(toString(), response.body(), this.rules);
		}
		catch (IllegalArgumentException ex) {
			throw wrong(modelId, "cannot be read: " + ex.getMessage());
		}
	}

	private ModelConfigurationException wrong(String modelId, String problem) {
		return new ModelConfigurationException(modelId, CatalogEntry.KEY, this + " " + problem,
				"Correct the location or the catalog, or set the url of the model");
	}

	@Override
	public String toString() {
		return RedactedUri.of(this.uri);
	}

}
