/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A name and a password for a registry, and who told them.
 *
 * @param username the name
 * @param password the password, or a token in its place
 * @param origin who told them, as part of a sentence
 * @param found whether another program stored them, so that they may be out of date
 */
record Login(String username, String password, String origin, boolean found) {

	/** Creates the credentials that the user has configured. */
	Login(String username, String password, String origin) {
		this(username, password, origin, false);
	}

	/** Returns the value of an {@code Authorization} header (RFC 7617). */
	String basic() {
		byte[] pair = (this.username + ":" + this.password).getBytes(StandardCharsets.UTF_8);
		return "Basic " + Base64.getEncoder().encodeToString(pair);
	}

	/** Shows no credentials. */
	@Override
	public String toString() {
		return "Login[" + this.origin + "]";
	}

}
