/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.modelcache.OciOptions.Registry;
import org.jspecify.annotations.Nullable;

/**
 * What is configured about registries.
 *
 * @param registries the configured registries, by host, with its port where it has one
 * @param dockerConfig Docker's configuration, which may hold credentials; need not exist
 * @param authFiles finds the files in which Podman and others keep credentials; they need
 * not exist. <em>Blocking</em>
 */
public record OciSettings(Map<String, Registry> registries, @Nullable Path dockerConfig,
		Supplier<List<Path>> authFiles) {

	/**
	 * Creates settings without files of Podman.
	 * @param registries the configured registries
	 * @param dockerConfig Docker's configuration, or {@code null}
	 */
	public OciSettings(Map<String, Registry> registries, @Nullable Path dockerConfig) {
		this(registries, dockerConfig, List::of);
	}

	/**
	 * Creates settings.
	 */
	public OciSettings {
		Map<String, Registry> copy = new TreeMap<>();
		registries.forEach((host, registry) -> copy.put(OciNames.registry(host.toLowerCase(Locale.ROOT)), registry));
		registries = Map.copyOf(copy);
	}

	/**
	 * Returns the files that may hold credentials, in the order to ask them.
	 * <em>Blocking</em>.
	 */
	List<Path> loginFiles() {
		return Stream.concat(Stream.ofNullable(this.dockerConfig), this.authFiles.get().stream()).toList();
	}

	/** Returns the configuration of a registry, or null where there is none. */
	@Nullable Registry registry(String host) {
		return this.registries.get(host);
	}

	/** Returns the scheme by which a registry is asked. */
	String schemeOf(String host) {
		Registry registry = registry(host);
		return (registry != null && registry.insecure()) ? "http" : "https";
	}

}
