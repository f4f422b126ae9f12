/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.SourceLocation;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * All catalogs of the application. Those in memory are asked before those of web servers;
 * among each kind, the first one that knows a name wins.
 */
public final class ModelCatalogs {

	private static final int MOST_SHOWN = 50;

	private final List<ListedModels> local;

	private final List<RemoteCatalog> remote;

	/**
	 * Creates the set.
	 * @param local catalogs in memory, in order
	 * @param remote catalogs of web servers, in order
	 */
	public ModelCatalogs(List<ListedModels> local, List<RemoteCatalog> remote) {
		this.local = List.copyOf(local);
		this.remote = List.copyOf(remote);
	}

	/**
	 * Finds an entry of the catalogs in memory.
	 * @param name the name
	 * @return the entry, if one of them has it
	 */
	public Optional<CatalogEntry> find(CatalogName name) {
		return this.local.stream().flatMap((catalog) -> catalog.find(name).stream()).findFirst();
	}

	/**
	 * Returns the names that the catalogs in memory know.
	 * @return the names, in order
	 */
	public List<String> names() {
		return names(this.local.stream());
	}

	/**
	 * Returns whether there are catalogs of web servers, which may know more.
	 * @return {@code true} if there are
	 */
	public boolean hasRemote() {
		return !this.remote.isEmpty();
	}

	/**
	 * Finds an entry of any catalog.
	 * @param name the name
	 * @param location the location that names it
	 * @return the entry; a {@link ModelConfigurationException} that lists the known names
	 * where there is none
	 */
	Mono<CatalogEntry> find(CatalogName name, SourceLocation location) {
		Optional<CatalogEntry> known = find(name);
		if (known.isPresent()) {
			return Mono.just(known.get());
		}
		List<ListedModels> asked = new CopyOnWriteArrayList<>(this.local);
		return Flux.fromIterable(this.remote)
			.concatMap((catalog) -> catalog.read(location), 0)
			.doOnNext(asked::add)
			.concatMap((catalog) -> Mono.justOrEmpty(catalog.find(name)), 0)
			.next()
			.switchIfEmpty(Mono.error(() -> unknown(name, location.request(), names(asked.stream()))));
	}

	private static ModelConfigurationException unknown(CatalogName name, ModelRequest request, List<String> names) {
		return new ModelConfigurationException(request.id(), "hooks.llm.url", "no catalog contains '" + name + "'",
				"Use one of " + String.join(", ", names.subList(0, Math.min(MOST_SHOWN, names.size())))
						+ ", or use another url");
	}

	private static List<String> names(Stream<ListedModels> catalogs) {
		return catalogs.flatMap((catalog) -> catalog.names().stream()).distinct().toList();
	}

}
