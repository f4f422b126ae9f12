/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for {@link Names}.
 */
class NamesTests {

	private static final int COUNT = 20_000;

	@Test
	void aNameIsNewOnce() {
		Names names = new Names();
		for (int round = 0; round < 2; round++) {
			for (int i = 0; i < 1000; i++) {
				assertThat(names.add(Names.hash(("name" + i).getBytes()))).isEqualTo(round == 0);
			}
		}
	}

	static Stream<Arguments> crafted() {
		return Stream.of(arguments("equal lower bits", (LongUnaryOperator) (i) -> i << 40),
				arguments("equal halves", (LongUnaryOperator) (i) -> (i << 32) | i),
				arguments("equal lower bits behind the mixing", (LongUnaryOperator) (i) -> unmixed(i << 40)),
				arguments("neighbours behind the mixing", (LongUnaryOperator) NamesTests::unmixed));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void crafted(String name, LongUnaryOperator hashes) {
		Names names = new Names();
		for (long i = 1; i <= COUNT; i++) {
			assertThat(names.add(hashes.applyAsLong(i))).isTrue();
		}
		// Half as many as places: less than one each, and again when the table grows.
		assertThat(names.probes()).isLessThan(4L * COUNT);
	}

	private static long unmixed(long mixed) {
		long hash = (mixed ^ (mixed >>> 33)) * inverse(0xc4ceb9fe1a85ec53L);
		hash = (hash ^ (hash >>> 33)) * inverse(0xff51afd7ed558ccdL);
		return hash ^ (hash >>> 33);
	}

	/** Each step doubles the bits that are right, of which an odd number has three. */
	private static long inverse(long factor) {
		long inverse = factor;
		for (int i = 0; i < 5; i++) {
			inverse *= 2 - factor * inverse;
		}
		return inverse;
	}

}
