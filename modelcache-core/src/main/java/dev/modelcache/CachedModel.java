/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Immutable description of a model that is ready to use: published, complete and on the
 * local disk. Two descriptions are equal if they describe the same files, regardless of
 * their {@link #outcome() outcome}.
 */
public final class CachedModel {

	private final String id;

	private final List<Path> files;

	private final long size;

	private final Digest digest;

	private final String source;

	private final ModelOutcome outcome;

	private final boolean fallback;

	private final boolean verified;

	private final @Nullable ModelFormat format;

	private CachedModel(String id, List<Path> files, long size, Digest digest, String source, ModelOutcome outcome,
			boolean fallback, boolean verified, @Nullable ModelFormat format) {
		this.id = id;
		this.files = files;
		this.size = size;
		this.digest = digest;
		this.source = source;
		this.outcome = outcome;
		this.fallback = fallback;
		this.verified = verified;
		this.format = format;
	}

	/**
	 * Creates a description.
	 * @param id the id by which the model was requested
	 * @param files all files of the model; the first shard or the primary file first
	 * @param size the total size of the files in bytes
	 * @param digest the SHA-256 of the first file
	 * @param source where the model came from, without user-info, query and fragment
	 * @return the description of a {@link ModelOutcome#CACHED} model that is neither
	 * verified nor a fallback
	 * @throws IllegalArgumentException if {@code files} is empty
	 */
	public static CachedModel of(String id, List<Path> files, long size, Digest digest, String source) {
		if (files.isEmpty()) {
			throw new IllegalArgumentException("a model has at least one file");
		}
		return new CachedModel(id, List.copyOf(files), size, digest, source, ModelOutcome.CACHED, false, false, null);
	}

	/**
	 * Returns the id by which the model was requested.
	 * @return the id
	 */
	public String id() {
		return this.id;
	}

	/**
	 * Returns all files of the model.
	 * @return their paths, {@link #path()} first
	 */
	public List<Path> files() {
		return this.files;
	}

	/**
	 * Returns the total size of the files.
	 * @return the size in bytes
	 */
	public long size() {
		return this.size;
	}

	/**
	 * Returns the SHA-256 of the file at {@link #path()}.
	 * @return the digest
	 */
	public Digest digest() {
		return this.digest;
	}

	/**
	 * Returns where the model came from.
	 * @return a URL without user-info, query and fragment
	 */
	public String source() {
		return this.source;
	}

	/**
	 * Returns how this process obtained the model.
	 * @return the outcome
	 */
	public ModelOutcome outcome() {
		return this.outcome;
	}

	/**
	 * Returns whether the model is a fallback: it comes from another source than the
	 * configured one, or is another model.
	 * @return {@code true} if it is a fallback
	 */
	public boolean fallback() {
		return this.fallback;
	}

	/**
	 * Returns whether the model was verified with an expected digest.
	 * @return {@code false} if no digest was known
	 */
	public boolean verified() {
		return this.verified;
	}

	/**
	 * Returns the format that the header of the file at {@link #path()} declares.
	 * @return the format, or {@code null} if headers are not read or the format is
	 * unknown
	 */
	public @Nullable ModelFormat format() {
		return this.format;
	}

	/**
	 * Returns the path of the model's file. If the model has several files, it is the one
	 * that a runtime opens first: the file that the URL names or its first part, else the
	 * weights before their data, configuration and documentation.
	 * @return its path
	 */
	public Path path() {
		return this.files.get(0);
	}

	/**
	 * Returns this model with another outcome.
	 * @param outcome how this process obtained the model
	 * @return a copy with this value
	 */
	public CachedModel withOutcome(ModelOutcome outcome) {
		return new CachedModel(this.id, this.files, this.size, this.digest, this.source, outcome, this.fallback,
				this.verified, this.format);
	}

	/**
	 * Returns this model with another fallback flag.
	 * @param fallback whether the model is a fallback
	 * @return a copy with this value
	 */
	public CachedModel withFallback(boolean fallback) {
		return new CachedModel(this.id, this.files, this.size, this.digest, this.source, this.outcome, fallback,
				this.verified, this.format);
	}

	/**
	 * Returns this model with another verified flag.
	 * @param verified whether the model was verified with an expected digest
	 * @return a copy with this value
	 */
	public CachedModel withVerified(boolean verified) {
		return new CachedModel(this.id, this.files, this.size, this.digest, this.source, this.outcome, this.fallback,
				verified, this.format);
	}

	/**
	 * Returns this model with another format.
	 * @param format the format, or {@code null}
	 * @return a copy with this value
	 */
	public CachedModel withFormat(@Nullable ModelFormat format) {
		return new CachedModel(this.id, this.files, this.size, this.digest, this.source, this.outcome, this.fallback,
				this.verified, format);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof CachedModel other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.id, this.files, this.size, this.digest, this.source, this.fallback, this.verified);
	}

	@Override
	public String toString() {
		return this.id + ": " + this.files + " (" + this.size + " bytes, " + this.digest + ", " + this.outcome
				+ " from " + this.source + (this.fallback ? ", fallback" : "") + (this.verified ? ", verified)" : ")");
	}

}
