/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.time.Duration;

import io.micrometer.core.instrument.MeterRegistry;

/**
 * One sample of every meter of {@link ModelRuntimeMeters}.
 */
public final class RuntimeMeterSamples {

	private RuntimeMeterSamples() {
	}

	public static void record(MeterRegistry registry) {
		ModelRuntimeMeters.Use use = new ModelRuntimeMeters.Use(registry);
		use.loaded("default", true, Duration.ofSeconds(1));
		use.classificationStarted();
		use.classificationEnded("READ", "answered", Duration.ofMillis(1));
	}

}
