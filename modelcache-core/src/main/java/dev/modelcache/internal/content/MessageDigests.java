/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

import dev.modelcache.Digest.Algorithm;

/**
 * The platform's digest implementations.
 */
final class MessageDigests {

	private MessageDigests() {
	}

	/**
	 * Returns a digest that awaits the first byte of a file.
	 * @param algorithm the algorithm
	 * @param size the size of the file; without meaning where the algorithm does not
	 * start with it
	 */
	static MessageDigest newInstance(Algorithm algorithm, long size) {
		try {
			MessageDigest digest = MessageDigest.getInstance(algorithm.jcaName());
			digest.update(algorithm.preamble(size));
			return digest;
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("this Java platform lacks " + algorithm.jcaName(), ex);
		}
	}

}
