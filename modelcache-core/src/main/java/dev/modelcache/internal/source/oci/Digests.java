/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;

/**
 * Digests of documents in memory.
 */
final class Digests {

	private Digests() {
	}

	static Digest sha256(byte[] bytes) {
		try {
			return Digest.of(Algorithm.SHA256, MessageDigest.getInstance(Algorithm.SHA256.jcaName()).digest(bytes));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has SHA-256", ex);
		}
	}

}
