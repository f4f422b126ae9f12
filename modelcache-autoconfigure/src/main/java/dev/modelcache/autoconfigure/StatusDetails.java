/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelUpdate;
import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;

/**
 * Details of a status as nested maps, for health and the endpoint. Unknown values are
 * omitted.
 */
final class StatusDetails {

	private static final int MOST_OTHERS = 20;

	private StatusDetails() {
	}

	static Map<String, Object> of(ModelStatus status, @Nullable Instant nextAttempt) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("state", status.state().name());
		putIfKnown(details, "source", status.source());
		details.put("fallback", status.fallback());
		if (status.progress() != null) {
			details.put("progress", progress(status.progress()));
		}
		if (status.owner() != null) {
			details.put("owner", owner(status.owner()));
		}
		if (status.model() != null) {
			details.putAll(model(status.model()));
		}
		if (status.error() != null) {
			details.put("error", error(status.error()));
		}
		if (nextAttempt != null) {
			details.put("nextAttempt", nextAttempt.truncatedTo(ChronoUnit.MILLIS).toString());
		}
		return details;
	}

	private static Map<String, Object> progress(TransferProgress progress) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("bytes", progress.bytes());
		putIfKnown(details, "totalBytes", progress.totalBytes());
		Double percent = progress.percent();
		putIfKnown(details, "percent", (percent != null) ? tenths(percent) : null);
		details.put("bytesPerSecond", Math.round(progress.bytesPerSecond()));
		Duration eta = progress.eta();
		putIfKnown(details, "etaSeconds", (eta != null) ? tenths(eta.toMillis() / 1000.0) : null);
		return details;
	}

	/** Rounds down, so that 100 % is only shown when nothing is missing. */
	private static double tenths(double value) {
		return Math.floor(value * 10) / 10;
	}

	static Map<String, Object> update(ModelUpdate update) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("availability", update.availability().name());
		putIfKnown(details, "currentVersion", update.currentVersion());
		putIfKnown(details, "availableVersion", update.availableVersion());
		putIfKnown(details, "bytes", update.bytes());
		details.put("checkedAt", update.checkedAt().truncatedTo(ChronoUnit.MILLIS).toString());
		return details;
	}

	private static Map<String, Object> owner(LockOwner owner) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("pid", owner.pid());
		details.put("host", owner.host());
		details.put("since", owner.since().toString());
		if (owner.queued()) {
			details.put("queued", true);
		}
		return details;
	}

	private static Map<String, Object> model(CachedModel model) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("path", model.path().toString());
		details.put("size", model.size());
		details.put("digest", model.digest().toString());
		details.put("outcome", model.outcome().name());
		details.put("verified", model.verified());
		if (model.format() != null) {
			details.put("format", format(model.format()));
		}
		return details;
	}

	private static Map<String, Object> format(ModelFormat format) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("type", format.type());
		putIfKnown(details, "architecture", format.architecture());
		putIfKnown(details, "name", format.name());
		putIfKnown(details, "quantization", format.quantization());
		putIfKnown(details, "parameters", format.parameters());
		putIfKnown(details, "contextLength", format.contextLength());
		putIfKnown(details, "vocabularySize", format.vocabularySize());
		putIfKnown(details, "license", format.license());
		return details;
	}

	private static Map<String, Object> error(ModelCacheException error) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("code", error.code().name());
		details.put("message", error.problem());
		details.put("action", error.action());
		List<ModelCacheException> others = new ArrayList<>();
		addOthers(error, others);
		if (!others.isEmpty()) {
			details.put("others",
					others.stream()
						.map((other) -> Map.of("code", other.code().name(), "message", other.problem()))
						.toList());
		}
		return details;
	}

	/** Adds the failures that are suppressed, such as those of fallbacks. */
	private static void addOthers(Throwable error, List<ModelCacheException> others) {
		for (Throwable suppressed : error.getSuppressed()) {
			if (suppressed instanceof ModelCacheException other && !others.contains(other)
					&& others.size() < MOST_OTHERS) {
				others.add(other);
				addOthers(other, others);
			}
		}
	}

	private static void putIfKnown(Map<String, Object> details, String name, @Nullable Object value) {
		if (value != null) {
			details.put(name, value);
		}
	}

}
