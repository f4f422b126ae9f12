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

	static boolean isHost(String part) {
		return part.indexOf('.') >= 0 || part.indexOf(':') >= 0 || part.equalsIgnoreCase("localhost");
	}

}
