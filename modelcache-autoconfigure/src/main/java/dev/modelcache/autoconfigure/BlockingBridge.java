/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Waits for a publisher on a thread that is allowed to block. Used by application threads
 * during startup or when they open a model's resource, and by threads that serve the
 * actuator endpoint.
 */
final class BlockingBridge {

	private BlockingBridge() {
	}

	static <T> @Nullable T await(Mono<T> mono) {
		return mono.block();
	}

	/**
	 * Waits on a thread that refreshes an application context. Spring interrupts such a
	 * thread when the process is terminated, unless there is an end to its wait.
	 */
	static <T> @Nullable T awaitInRefresh(Mono<T> mono) {
		return mono.block(Duration.ofDays(3650));
	}

}
