/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class FailureBoundaryTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	static List<Supplier<Error>> errors() {
		return List.of(StackOverflowError::new, () -> new OutOfMemoryError("Java heap space"),
				() -> new NoClassDefFoundError("com/example/Missing"), () -> new AssertionError("wrong"));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfACallOnAnotherThreadIsSignalled(Supplier<Error> error) {
		Mono<Object> call = FailureBoundary.on(Schedulers.boundedElastic(), "reading a page", () -> {
			throw error.get();
		});
		StepVerifier.create(call).expectErrorMessage(error.get() + " while reading a page").verify(PATIENCE);
	}

	@Test
	void exceptionsAndResultsAreLeftAlone() {
		StepVerifier.create(FailureBoundary.on(Schedulers.boundedElastic(), "reading", () -> {
			throw new IllegalStateException("no page");
		})).expectErrorMessage("no page").verify(PATIENCE);
		StepVerifier.create(FailureBoundary.on(Schedulers.boundedElastic(), "reading", () -> 1))
			.expectNext(1)
			.expectComplete()
			.verify(PATIENCE);
		StepVerifier.create(FailureBoundary.on(Schedulers.boundedElastic(), "reading", () -> null))
			.expectComplete()
			.verify(PATIENCE);
	}

}
