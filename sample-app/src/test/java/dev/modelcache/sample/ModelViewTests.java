/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.time.Instant;

import dev.modelcache.LockOwner;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ModelView}.
 */
class ModelViewTests {

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void ownerTellsWhetherItIsThisProcessAndWaitsForItsTurn(boolean value) {
		long pid = ProcessHandle.current().pid() + (value ? 0 : 1);
		Instant since = Instant.parse("2026-01-02T03:04:05Z");
		assertThat(ModelView.Owner.of(LockOwner.of(pid, "node-1", since).withQueued(value)))
			.isEqualTo(new ModelView.Owner(pid, "node-1", since, value, value));
	}

}
