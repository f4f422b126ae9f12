/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class FailureBoundaryTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	static List<Arguments> errors() {
		return List.of(arguments(new StackOverflowError(), "stack overflow"),
				arguments(new OutOfMemoryError("Java heap space"), "out of memory: Java heap space"),
				arguments(new NoClassDefFoundError("com/example/Missing"), "no class def found: com/example/Missing"),
				arguments(new AssertionError("wrong") {
				}, "assertion: wrong"));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfACallOnAnotherThreadIsSignalled(Error error, String inWords) {
		Mono<Object> call = FailureBoundary.on(Schedulers.boundedElastic(), "reading a page", () -> {
			throw error;
		});
		StepVerifier.create(call).expectErrorMessage(inWords + " while reading a page").verify(PATIENCE);
	}

	@Test
	void anExceptionIsNamedInWordsBecauseItsTextMayHoldAnything() {
		assertThat(FailureBoundary.describe(new IllegalStateException("https://user:password@host/")))
			.isEqualTo("illegal state");
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
