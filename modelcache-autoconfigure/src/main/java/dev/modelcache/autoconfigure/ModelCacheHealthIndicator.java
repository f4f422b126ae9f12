/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * The health of the configured models: {@code UP} when every required one can be used,
 * {@code DOWN} when one failed, {@code OUT_OF_SERVICE} otherwise. A check that finds a
 * required model missing or failed has a new attempt started.
 * <p>
 * <em>Blocking</em>: for at most 200 ms, for the disk to tell whether the published files
 * are still there.
 */
final class ModelCacheHealthIndicator extends AbstractHealthIndicator {

	private final ModelCacheOperations operations;

	/**
	 * Creates an indicator.
	 * @param operations knows the models and starts new attempts
	 */
	ModelCacheHealthIndicator(ModelCacheOperations operations) {
		super("The state of the models is not known");
		this.operations = operations;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Map<String, Object> details = new LinkedHashMap<>();
		Status health = Status.UP;
		Map<String, ModelStatus> statuses = CurrentStatuses.of(this.operations, this.operations.models());
		for (ModelRequest request : this.operations.models()) {
			ModelStatus status = Objects.requireNonNull(statuses.get(request.id()));
			if (request.required() && this.operations.counts(request.id())) {
				this.operations.ensureIfDue(request.id());
				health = worse(health, of(status));
			}
			details.put(request.id(), StatusDetails.of(status, this.operations.nextAttempt(request.id())));
		}
		builder.status(health).withDetail("models", details);
	}

	private static Status of(ModelStatus status) {
		if (status.state() == ModelState.READY) {
			return Status.UP;
		}
		return (status.state() == ModelState.FAILED) ? Status.DOWN : Status.OUT_OF_SERVICE;
	}

	private static Status worse(Status one, Status other) {
		return (one.equals(Status.DOWN) || other.equals(Status.UP)) ? one : other;
	}

}
