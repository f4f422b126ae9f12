/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Immutable status of a model at one moment.
 */
public final class ModelStatus {

	private final String id;

	private final ModelState state;

	private final @Nullable String source;

	private final boolean fallback;

	private final @Nullable TransferProgress progress;

	private final @Nullable LockOwner owner;

	private final @Nullable CachedModel model;

	private final @Nullable ModelCacheException error;

	private ModelStatus(String id, ModelState state, @Nullable String source, boolean fallback,
			@Nullable TransferProgress progress, @Nullable LockOwner owner, @Nullable CachedModel model,
			@Nullable ModelCacheException error) {
		this.id = id;
		this.state = state;
		this.source = source;
		this.fallback = fallback;
		this.progress = progress;
		this.owner = owner;
		this.model = model;
		this.error = error;
	}

	/**
	 * Creates the status of a model that was not requested yet.
	 * @param id the model's id
	 * @return the status
	 */
	public static ModelStatus absent(String id) {
		return of(id, ModelState.ABSENT);
	}

	/**
	 * Creates the status of a model that is ready to use.
	 * @param model the model
	 * @return the status
	 */
	public static ModelStatus ready(CachedModel model) {
		return new ModelStatus(model.id(), ModelState.READY, model.source(), model.fallback(), null, null, model, null);
	}

	/**
	 * Creates a status with a state and no other values.
	 * @param id the model's id
	 * @param state the state
	 * @return the status
	 */
	public static ModelStatus of(String id, ModelState state) {
		return new ModelStatus(id, state, null, false, null, null, null, null);
	}

	/**
	 * Returns the model's id.
	 * @return the id
	 */
	public String id() {
		return this.id;
	}

	/**
	 * Returns the state.
	 * @return the state
	 */
	public ModelState state() {
		return this.state;
	}

	/**
	 * Returns the source of the model.
	 * @return a URL without user-info, query and fragment; {@code null} before the first
	 * attempt
	 */
	public @Nullable String source() {
		return this.source;
	}

	/**
	 * Returns whether a fallback is being acquired or served.
	 * @return {@code true} if it is a fallback
	 */
	public boolean fallback() {
		return this.fallback;
	}

	/**
	 * Returns the progress of a download by this process or by the {@link #owner()}, or
	 * of a verification. A model that is verified by {@link ModelCache#verify} is
	 * {@link ModelState#READY} meanwhile.
	 * @return the progress, or {@code null} if nothing is being transferred or verified
	 */
	public @Nullable TransferProgress progress() {
		return this.progress;
	}

	/**
	 * Returns the process that holds the lock while the model is
	 * {@link ModelState#WAITING}.
	 * @return the process, or {@code null}
	 */
	public @Nullable LockOwner owner() {
		return this.owner;
	}

	/**
	 * Returns the model if it is {@link ModelState#READY}.
	 * @return the model, or {@code null}
	 */
	public @Nullable CachedModel model() {
		return this.model;
	}

	/**
	 * Returns the failure of the last attempt. It is kept during the next attempt.
	 * @return the failure, or {@code null}
	 */
	public @Nullable ModelCacheException error() {
		return this.error;
	}

	/**
	 * Returns this status with another state, without the progress, owner and model of
	 * the current state.
	 * @param state the state
	 * @return a copy in this state
	 */
	public ModelStatus withState(ModelState state) {
		return new ModelStatus(this.id, state, this.source, this.fallback, null, null, null, this.error);
	}

	/**
	 * Returns this status with another source.
	 * @param source a URL without user-info, query and fragment, or {@code null}
	 * @return a copy with this value
	 */
	public ModelStatus withSource(@Nullable String source) {
		return new ModelStatus(this.id, this.state, source, this.fallback, this.progress, this.owner, this.model,
				this.error);
	}

	/**
	 * Returns this status with another fallback flag.
	 * @param fallback whether a fallback is being acquired or served
	 * @return a copy with this value
	 */
	public ModelStatus withFallback(boolean fallback) {
		return new ModelStatus(this.id, this.state, this.source, fallback, this.progress, this.owner, this.model,
				this.error);
	}

	/**
	 * Returns this status with another progress.
	 * @param progress the progress, or {@code null}
	 * @return a copy with this value
	 */
	public ModelStatus withProgress(@Nullable TransferProgress progress) {
		return new ModelStatus(this.id, this.state, this.source, this.fallback, progress, this.owner, this.model,
				this.error);
	}

	/**
	 * Returns this status with another owner of the lock.
	 * @param owner the owner, or {@code null}
	 * @return a copy with this value
	 */
	public ModelStatus withOwner(@Nullable LockOwner owner) {
		return new ModelStatus(this.id, this.state, this.source, this.fallback, this.progress, owner, this.model,
				this.error);
	}

	/**
	 * Returns this status with another failure.
	 * @param error the failure of the last attempt, or {@code null}
	 * @return a copy with this value
	 */
	public ModelStatus withError(@Nullable ModelCacheException error) {
		return new ModelStatus(this.id, this.state, this.source, this.fallback, this.progress, this.owner, this.model,
				error);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof ModelStatus other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.id, this.state, this.source, this.fallback, this.progress, this.owner, this.model,
				this.error);
	}

	@Override
	public String toString() {
		return this.id + " " + this.state + ((this.source != null) ? " " + this.source : "")
				+ ((this.progress != null) ? " " + this.progress : "") + ((this.error != null) ? " " + this.error : "");
	}

}
