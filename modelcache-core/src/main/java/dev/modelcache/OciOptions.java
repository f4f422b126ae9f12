/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * Options for the access to OCI registries, as configured with the keys below
 * {@code hooks.llm.oci}.
 */
public final class OciOptions {

	private final Map<String, Registry> registries = new TreeMap<>();

	OciOptions() {
	}

	/**
	 * Returns the configured registries.
	 * @return the registries by {@code host} or {@code host:port}
	 */
	public Map<String, Registry> registries() {
		return Collections.unmodifiableMap(this.registries);
	}

	/**
	 * Adds a registry. A registry without a user name or password uses the credentials
	 * that {@code docker login} has stored.
	 * @param host the {@code host} or {@code host:port} of the registry
	 * @param registry the options for the registry
	 * @return these options
	 */
	public OciOptions registry(String host, Registry registry) {
		this.registries.put(host, registry);
		return this;
	}

	/**
	 * Options for a registry.
	 *
	 * @param username the user name, or {@code null}
	 * @param password the password or token, or {@code null}
	 * @param insecure whether to use plain HTTP
	 */
	public record Registry(@Nullable String username, @Nullable String password, boolean insecure) {

		/** Returns a description without credentials. */
		@Override
		public String toString() {
			return "Registry[login=" + (this.username != null) + ", insecure=" + this.insecure + "]";
		}

	}

}
