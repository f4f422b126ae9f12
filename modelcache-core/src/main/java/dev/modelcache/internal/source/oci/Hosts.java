/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

/**
 * Tells a host from the first part of a name.
 */
final class Hosts {

	private Hosts() {
	}

	/**
	 * Returns a key of a registry's configuration. A colon ends a key in a file of
	 * properties, if no backslash is before it.
	 */
	static String key(String registry, String name) {
		boolean port = registry.indexOf(':') >= 0;
		return "hooks.llm.oci.registries" + (port ? "[" + registry + "]." : "." + registry + ".") + name
				+ escaped(registry);
	}

	/** Returns what to know about a host in a key, or nothing. */
	static String escaped(String registry) {
		return (registry.indexOf(':') >= 0) ? " (in a .properties file, with a backslash before the colon)" : "";
	}

	static boolean isHost(String part) {
		return part.indexOf('.') >= 0 || part.indexOf(':') >= 0 || part.equalsIgnoreCase("localhost");
	}

}
