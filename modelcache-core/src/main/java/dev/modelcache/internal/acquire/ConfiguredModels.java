/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.store.ModelStore;

/**
 * The models that the configuration names, in its order.
 */
public final class ConfiguredModels {

	private final Map<String, ModelRequest> byId = new LinkedHashMap<>();

	/**
	 * Creates the set of configured models.
	 * @param requests the requests; each id once
	 */
	public ConfiguredModels(Collection<ModelRequest> requests) {
		requests.forEach((request) -> this.byId.put(request.id(), request));
	}

	/**
	 * Returns all requests.
	 * @return the requests, in the configuration's order
	 */
	public List<ModelRequest> all() {
		return List.copyOf(this.byId.values());
	}

	/**
	 * Returns all ids.
	 * @return the ids, in the configuration's order
	 */
	public Set<String> ids() {
		return this.byId.keySet();
	}

	/**
	 * Returns where files of models are or will be that the configuration chooses.
	 * @param store decides where that is, behind links
	 * @return absolute paths
	 */
	Set<Path> modelPaths(ModelStore store) {
		return this.byId.values()
			.stream()
			.filter((request) -> request.modelPath() != null)
			.map((request) -> store.place(request, "").target())
			.collect(Collectors.toSet());
	}

	/**
	 * Returns one request.
	 * @param id the model's id
	 * @return the request
	 * @throws ModelNotFoundException for an id that the configuration does not name
	 */
	public ModelRequest get(String id) {
		ModelRequest request = this.byId.get(id);
		if (request == null) {
			throw new ModelNotFoundException(id, "no model of this id is configured",
					"Configure hooks.llm.models." + id + ".url, or use one of " + this.byId.keySet());
		}
		return request;
	}

}
