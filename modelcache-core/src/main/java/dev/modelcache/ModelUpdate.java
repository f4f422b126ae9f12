/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Immutable result of asking the source of a model whether it has another version than
 * the one that is here. Nothing of the model was downloaded for it.
 */
public final class ModelUpdate {

	private final String id;

	private final Availability availability;

	private final Instant checkedAt;

	private final @Nullable String currentVersion;

	private final @Nullable String availableVersion;

	private final @Nullable Long bytes;

	private ModelUpdate(String id, Availability availability, Instant checkedAt, @Nullable String currentVersion,
			@Nullable String availableVersion, @Nullable Long bytes) {
		this.id = id;
		this.availability = availability;
		this.checkedAt = checkedAt;
		this.currentVersion = currentVersion;
		this.availableVersion = availableVersion;
		this.bytes = bytes;
	}

	/**
	 * Creates a result.
	 * @param id the model's id
	 * @param availability whether the source has another version
	 * @param checkedAt when the source was asked
	 * @return the result, without versions and size
	 */
	public static ModelUpdate of(String id, Availability availability, Instant checkedAt) {
		return new ModelUpdate(id, availability, checkedAt, null, null, null);
	}

	/**
	 * Returns the model's id.
	 * @return the id
	 */
	public String id() {
		return this.id;
	}

	/**
	 * Returns whether the source has another version.
	 * @return {@link Availability#UNKNOWN} if the source does not say enough
	 */
	public Availability availability() {
		return this.availability;
	}

	/**
	 * Returns when the source was asked.
	 * @return the time
	 */
	public Instant checkedAt() {
		return this.checkedAt;
	}

	/**
	 * Returns the name of the version that is here: a commit, the digest of a manifest,
	 * the digest of the file, or the validator that its server gave.
	 * @return the name, or {@code null} if the model is not here or its version is
	 * unknown
	 */
	public @Nullable String currentVersion() {
		return this.currentVersion;
	}

	/**
	 * Returns the name of the version that the source has.
	 * @return the name, of the same kind as {@link #currentVersion()}, or {@code null} if
	 * the source has no name for it
	 */
	public @Nullable String availableVersion() {
		return this.availableVersion;
	}

	/**
	 * Returns how many bytes {@link ModelCache#refresh} would download at most. Less is
	 * downloaded if an earlier download is resumed or files of other tools are used.
	 * @return the size in bytes, or {@code null} if the source does not state it
	 */
	public @Nullable Long bytes() {
		return this.bytes;
	}

	/**
	 * Returns this result with the names of the versions.
	 * @param current the version that is here, or {@code null}
	 * @param available the version that the source has, or {@code null}
	 * @return a copy with these values
	 */
	public ModelUpdate withVersions(@Nullable String current, @Nullable String available) {
		return new ModelUpdate(this.id, this.availability, this.checkedAt, current, available, this.bytes);
	}

	/**
	 * Returns this result with a size.
	 * @param size the number of bytes to download, or {@code null} if it is unknown
	 * @return a copy with this value
	 */
	public ModelUpdate withBytes(@Nullable Long size) {
		return new ModelUpdate(this.id, this.availability, this.checkedAt, this.currentVersion, this.availableVersion,
				size);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof ModelUpdate other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.id, this.availability, this.checkedAt, this.currentVersion, this.availableVersion,
				this.bytes);
	}

	@Override
	public String toString() {
		return this.id + " " + this.availability + " " + this.currentVersion + " -> " + this.availableVersion
				+ ((this.bytes != null) ? " (" + this.bytes + " bytes)" : "");
	}

	/**
	 * Whether a source has another version.
	 */
	public enum Availability {

		/** What the source has is here. */
		CURRENT,

		/** The source has another version, or the model is not here. */
		AVAILABLE,

		/** The source does not say enough, such as a server without validators. */
		UNKNOWN

	}

}
