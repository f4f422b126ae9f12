/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Properties;

import dev.modelcache.Digest;
import dev.modelcache.ModelFormat;
import org.jspecify.annotations.Nullable;

/**
 * What was known about a file when it was published or last verified.
 *
 * @param fingerprint tells whether the file is still the same
 * @param digest the SHA-256 of its content
 * @param sourceDigest the digest of the compressed file that it came from, the expected
 * one if that proved it, else its SHA-256; {@code null} for a file that came as it is
 * @param expected the digest that proved it, or {@code null} where none was known
 * @param source where it came from, redacted; {@code null} for a file that the user put
 * there
 * @param sourceKey the {@link CacheLayout#sourceKey key} of where it came from;
 * {@code null} as above
 * @param validator the origin's validator (RFC 9110, section 8.8), or {@code null}
 * @param fallback whether it came from a substitute
 * @param verifiedAt when its digest was last computed
 * @param format what its header says, or {@code null} where that is not known
 * @param putBy who put the file where it stands
 */
public record Receipt(Fingerprint fingerprint, Digest digest, @Nullable Digest sourceDigest, @Nullable Digest expected,
		@Nullable String source, @Nullable String sourceKey, @Nullable String validator, boolean fallback,
		Instant verifiedAt, @Nullable ModelFormat format, PutBy putBy) {

	/**
	 * Creates the receipt of a file that this cache puts where it stands.
	 * @param fingerprint see {@link #fingerprint()}
	 * @param digest see {@link #digest()}
	 * @param sourceDigest see {@link #sourceDigest()}
	 * @param expected see {@link #expected()}
	 * @param source see {@link #source()}
	 * @param sourceKey see {@link #sourceKey()}
	 * @param validator see {@link #validator()}
	 * @param fallback see {@link #fallback()}
	 * @param verifiedAt see {@link #verifiedAt()}
	 * @param format see {@link #format()}
	 */
	public Receipt(Fingerprint fingerprint, Digest digest, @Nullable Digest sourceDigest, @Nullable Digest expected,
			@Nullable String source, @Nullable String sourceKey, @Nullable String validator, boolean fallback,
			Instant verifiedAt, @Nullable ModelFormat format) {
		this(fingerprint, digest, sourceDigest, expected, source, sourceKey, validator, fallback, verifiedAt, format,
				PutBy.CACHE);
	}

	/**
	 * Returns whether this cache put the file where it stands. A receipt of an earlier
	 * version does not say so; then a file at a {@code model-path} is the user's unless
	 * something else in the receipt shows that it was downloaded.
	 * @param place the file's place
	 * @return {@code true} if it did
	 */
	public boolean isOurs(ModelPlace place) {
		return this.putBy == PutBy.CACHE || (this.putBy == PutBy.UNKNOWN && place.conflict() == null);
	}

	/**
	 * Returns this receipt for a file that a user put where it stands.
	 * @return the new receipt
	 */
	public Receipt ofUser() {
		return new Receipt(this.fingerprint, this.digest, this.sourceDigest, this.expected, this.source, this.sourceKey,
				this.validator, this.fallback, this.verifiedAt, this.format, PutBy.USER);
	}

	/**
	 * Returns whether an expected digest proved the file.
	 * @return {@code true} if it did
	 */
	public boolean verified() {
		return this.expected != null;
	}

	/**
	 * Returns this receipt for a file that a digest proves which was expected later.
	 * @param later the digest, which this receipt {@linkplain #proves proves}
	 * @return the new receipt
	 */
	public Receipt provedBy(Digest later) {
		return new Receipt(this.fingerprint, this.digest, this.sourceDigest, later, this.source, this.sourceKey,
				this.validator, this.fallback, this.verifiedAt, this.format, this.putBy);
	}

	/**
	 * Returns whether this digest is known to be the file's, or that of the compressed
	 * file it came from.
	 * @param candidate the digest
	 * @return {@code true} if it is; {@code false} also where neither was ever hashed
	 * with its algorithm
	 */
	public boolean proves(Digest candidate) {
		return candidate.equals(this.digest) || candidate.equals(this.expected) || isOfSource(candidate);
	}

	/**
	 * Returns whether this digest is that of the compressed file that the file came from,
	 * so that the file itself has another one.
	 * @param candidate the digest
	 * @return {@code true} if it is
	 */
	public boolean isOfSource(Digest candidate) {
		return candidate.equals(this.sourceDigest);
	}

	/**
	 * Returns this receipt for a file whose content is the same, but whose fingerprint is
	 * not.
	 * @param now the new fingerprint
	 * @param at when its digest was computed
	 * @return the new receipt
	 */
	public Receipt reissued(Fingerprint now, Instant at) {
		return new Receipt(now, this.digest, this.sourceDigest, this.expected, this.source, this.sourceKey,
				this.validator, this.fallback, at, this.format, this.putBy);
	}

	/**
	 * Returns this receipt for a file that came as a substitute and turned out to be the
	 * one that was asked for.
	 * @return the new receipt
	 */
	public Receipt ofItself() {
		return new Receipt(this.fingerprint, this.digest, this.sourceDigest, this.expected, this.source, this.sourceKey,
				this.validator, false, this.verifiedAt, this.format, this.putBy);
	}

	/**
	 * Returns whether the file was found not to be what this receipt says, so that it
	 * must not be trusted without being read.
	 * @return {@code true} if it was
	 */
	public boolean doubted() {
		return this.fingerprint.equals(Fingerprint.NONE);
	}

	Properties toProperties() {
		Properties properties = new Properties();
		properties.setProperty("size", Long.toString(this.fingerprint.size()));
		properties.setProperty("modified", this.fingerprint.modified());
		properties.setProperty("file-key", this.fingerprint.fileKey());
		properties.setProperty("changed", this.fingerprint.changed());
		properties.setProperty("digest", this.digest.toString());
		setIfPresent(properties, "source-digest", this.sourceDigest);
		setIfPresent(properties, "expected", this.expected);
		setIfPresent(properties, "source", this.source);
		setIfPresent(properties, "source-key", this.sourceKey);
		setIfPresent(properties, "validator", this.validator);
		properties.setProperty("fallback", Boolean.toString(this.fallback));
		properties.setProperty("verified-at", this.verifiedAt.toString());
		if (this.putBy != PutBy.UNKNOWN) {
			properties.setProperty("put-by", this.putBy.name().toLowerCase(Locale.ROOT));
		}
		if (this.format != null) {
			FormatProperties.write(this.format, properties);
		}
		return properties;
	}

	private static void setIfPresent(Properties properties, String key, @Nullable Object value) {
		if (value != null) {
			properties.setProperty(key, value.toString());
		}
	}

	/**
	 * Reads a receipt.
	 * @param properties what {@link #toProperties()} gave
	 * @return the receipt, or {@code null} for anything else: a receipt that cannot be
	 * read is no receipt
	 */
	static @Nullable Receipt fromProperties(Properties properties) {
		try {
			return new Receipt(
					new Fingerprint(Long.parseLong(properties.getProperty("size", "")),
							properties.getProperty("modified", ""), properties.getProperty("file-key", ""),
							properties.getProperty("changed", "")),
					Digest.parse(properties.getProperty("digest", "")), digest(properties, "source-digest"),
					digest(properties, "expected"), properties.getProperty("source"),
					properties.getProperty("source-key"), properties.getProperty("validator"),
					Boolean.parseBoolean(properties.getProperty("fallback")),
					Instant.parse(properties.getProperty("verified-at", "")), FormatProperties.read(properties),
					putBy(properties));
		}
		catch (IllegalArgumentException | DateTimeException ex) {
			return null;
		}
	}

	/**
	 * What an earlier version found at its place has neither a validator nor a compressed
	 * source; what it copied has the path of a file as its source.
	 */
	private static PutBy putBy(Properties properties) {
		String putBy = properties.getProperty("put-by");
		if (putBy != null) {
			return PutBy.valueOf(putBy.toUpperCase(Locale.ROOT));
		}
		String source = properties.getProperty("source");
		if (source == null) {
			return PutBy.USER;
		}
		boolean brought = properties.getProperty("validator") != null || properties.getProperty("source-digest") != null
				|| !source.contains(":/");
		return brought ? PutBy.CACHE : PutBy.UNKNOWN;
	}

	private static @Nullable Digest digest(Properties properties, String key) {
		String value = properties.getProperty(key);
		return (value != null) ? Digest.parse(value) : null;
	}

	/** Who put a file where it stands. */
	public enum PutBy {

		/** This cache. */
		CACHE,

		/** The user, or a program of theirs. */
		USER,

		/** The user, and it is not the model: it is served because they want it kept. */
		USER_KEPT,

		/** Unknown: the receipt is of a version that did not say it. */
		UNKNOWN

	}

}
