package dev.modelcache.store;

import java.time.DateTimeException;
import java.time.Instant;
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
 */
public record Receipt(Fingerprint fingerprint, Digest digest, @Nullable Digest sourceDigest, @Nullable Digest expected,
		@Nullable String source, @Nullable String sourceKey, @Nullable String validator, boolean fallback,
		Instant verifiedAt, @Nullable ModelFormat format) {

	/**
	 * Returns whether an expected digest proved the file.
	 * @return {@code true} if it did
	 */
	public boolean verified() {
		return this.expected != null;
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
				this.validator, this.fallback, at, this.format);
	}

	/**
	 * Returns this receipt for a file that came as a substitute and turned out to be the
	 * one that was asked for.
	 * @return the new receipt
	 */
	public Receipt ofItself() {
		return new Receipt(this.fingerprint, this.digest, this.sourceDigest, this.expected, this.source, this.sourceKey,
				this.validator, false, this.verifiedAt, this.format);
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
					Instant.parse(properties.getProperty("verified-at", "")), FormatProperties.read(properties));
		}
		catch (IllegalArgumentException | DateTimeException ex) {
			return null;
		}
	}

	private static @Nullable Digest digest(Properties properties, String key) {
		String value = properties.getProperty(key);
		return (value != null) ? Digest.parse(value) : null;
	}

}
