/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;

/**
 * Content digest of a file: an algorithm and its value in lower-case hexadecimal, written
 * as {@code sha256:<64 hex>}, {@code sha512:<128 hex>} or {@code git-sha1:<40 hex>}.
 *
 * @param algorithm the algorithm
 * @param hex the value in lower-case hexadecimal, two digits per byte
 */
public record Digest(Algorithm algorithm, String hex) {

	/**
	 * Creates a digest.
	 * @throws IllegalArgumentException if {@code hex} is not lower-case hexadecimal or
	 * has the wrong length for the algorithm
	 */
	public Digest {
		Objects.requireNonNull(algorithm, "algorithm");
		if (hex.length() != algorithm.hexLength() || !isLowerCaseHex(hex)) {
			throw new IllegalArgumentException("a " + algorithm.prefix() + " digest is " + algorithm.hexLength()
					+ " lower-case hexadecimal digits");
		}
	}

	/**
	 * Parses a digest: {@code sha256:<hex>}, {@code sha512:<hex>},
	 * {@code git-sha1:<hex>}, or hexadecimal digits whose length determines the
	 * algorithm. Case and surrounding white space are ignored.
	 * @param text the text to parse
	 * @return the digest
	 * @throws IllegalArgumentException if the text is not a digest; the message lists the
	 * accepted forms
	 */
	public static Digest parse(String text) {
		String value = text.strip().toLowerCase(Locale.ROOT);
		for (Algorithm algorithm : Algorithm.values()) {
			String prefix = algorithm.prefix() + ":";
			boolean named = value.startsWith(prefix);
			String hex = named ? value.substring(prefix.length()) : value;
			// Bare, it would be taken for the plain SHA-1 of the file.
			boolean nameable = named || algorithm != Algorithm.GIT_SHA1;
			if (nameable && hex.length() == algorithm.hexLength() && isLowerCaseHex(hex)) {
				return new Digest(algorithm, hex);
			}
		}
		throw new IllegalArgumentException(
				"neither sha256:<64 hex digits>, sha512:<128 hex digits> nor the bare hex digits of one of them");
	}

	/**
	 * Creates a digest from the bytes of its value.
	 * @param algorithm the algorithm
	 * @param value the value
	 * @return the digest
	 */
	public static Digest of(Algorithm algorithm, byte[] value) {
		return new Digest(algorithm, HexFormat.of().formatHex(value));
	}

	private static boolean isLowerCaseHex(String text) {
		return text.chars().allMatch((c) -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	}

	@Override
	public String toString() {
		return this.algorithm.prefix() + ":" + this.hex;
	}

	/**
	 * Algorithms with which a model file can be verified (FIPS 180-4, and the object
	 * names of git).
	 */
	public enum Algorithm {

		/** SHA-256, which model hubs and registries publish. */
		SHA256("sha256", "SHA-256", 64),

		/** SHA-512. */
		SHA512("sha512", "SHA-512", 128),

		/**
		 * SHA-1 of a git blob, which includes the size of the file. Repositories publish
		 * no other digest for small files.
		 */
		GIT_SHA1("git-sha1", "SHA-1", 40);

		private final String prefix;

		private final String jcaName;

		private final int hexLength;

		Algorithm(String prefix, String jcaName, int hexLength) {
			this.prefix = prefix;
			this.jcaName = jcaName;
			this.hexLength = hexLength;
		}

		/**
		 * Returns the prefix of a written digest, such as {@code sha256}.
		 * @return the prefix
		 */
		public String prefix() {
			return this.prefix;
		}

		/**
		 * Returns the name of the algorithm for {@link java.security.MessageDigest}.
		 * @return the JCA name
		 */
		public String jcaName() {
			return this.jcaName;
		}

		/**
		 * Returns the bytes that are hashed before the content of the file.
		 * @param size the size of the file in bytes
		 * @return the header of a git blob, or an empty array for other algorithms
		 */
		public byte[] preamble(long size) {
			return (this == GIT_SHA1) ? ("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII) : new byte[0];
		}

		/**
		 * Returns whether the size of the file must be known before its first byte is
		 * hashed.
		 * @return {@code true} if the size must be known
		 */
		public boolean startsWithSize() {
			return this == GIT_SHA1;
		}

		/**
		 * Returns the length of a value in hexadecimal digits.
		 * @return the number of digits
		 */
		public int hexLength() {
			return this.hexLength;
		}

	}

}
