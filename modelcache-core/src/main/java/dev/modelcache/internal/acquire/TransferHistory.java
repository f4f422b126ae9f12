/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import dev.modelcache.MirrorStatus;
import dev.modelcache.TransferAttempt;

/**
 * The recent past of the configured models: which hosts take part in the present or last
 * transfer, and how the last attempts went. In memory, at most
 * {@value ModelHistory#MOST_HOSTS} hosts and {@value ModelHistory#MOST_ATTEMPTS} attempts
 * a model.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: none.
 */
public final class TransferHistory implements AcquisitionObserver {

	private volatile Map<String, ModelHistory> transfers = Map.of();

	private final Clock clock;

	/**
	 * Creates an empty history.
	 * @param clock tells the time
	 */
	public TransferHistory(Clock clock) {
		this.clock = clock;
	}

	@Override
	public void configured(Set<String> modelIds) {
		this.transfers = modelIds.stream()
			.collect(Collectors.toUnmodifiableMap((id) -> id, (id) -> new ModelHistory()));
	}

	/** Models that are not configured are not remembered. */
	private void of(String modelId, Consumer<ModelHistory> change) {
		ModelHistory model = this.transfers.get(modelId);
		if (model != null) {
			change.accept(model);
		}
	}

	@Override
	public void transferStarted(String modelId) {
		of(modelId, ModelHistory::started);
	}

	@Override
	public void transferEnded(String modelId) {
		of(modelId, (model) -> model.ended(this.clock.instant()));
	}

	@Override
	public void bytesWritten(String modelId, String host, long bytes) {
		of(modelId, (model) -> model.brought(host, bytes, this.clock.instant()));
	}

	@Override
	public void requestFailed(String modelId, String host, String problem) {
		of(modelId, (model) -> model.requestFailed(host, problem, this.clock.instant()));
	}

	@Override
	public void transferFailed(String modelId, String problem) {
		of(modelId, (model) -> model.endAttempts(problem, this.clock.instant()));
	}

	@Override
	public void ended(String modelId, String outcome, Duration elapsed) {
		of(modelId, ModelHistory::acquisitionEnded);
	}

	/** Returns the hosts of the present or last transfer, in the order they came. */
	List<MirrorStatus> mirrors(String modelId) {
		ModelHistory model = this.transfers.get(modelId);
		return (model != null) ? model.mirrors(this.clock.instant()) : List.of();
	}

	/** Returns the last attempts, the oldest first. */
	List<TransferAttempt> attempts(String modelId) {
		ModelHistory model = this.transfers.get(modelId);
		return (model != null) ? model.attempts() : List.of();
	}

}
