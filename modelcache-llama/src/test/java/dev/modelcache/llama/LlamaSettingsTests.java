/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LlamaSettingsTests {

	@Test
	void theContextIsTheModelsOwnUpToABound() {
		LlamaSettings settings = new LlamaSettings(null, null, null, true, List.of());
		assertThat(settings.contextSizeFor(256L)).isEqualTo(256);
		assertThat(settings.contextSizeFor(131072L)).isEqualTo(2048);
		assertThat(settings.contextSizeFor(null)).isEqualTo(2048);
		assertThat(settings.contextSizeFor(0L)).isEqualTo(2048);
	}

	@Test
	void aConfiguredContextIsTaken() {
		assertThat(new LlamaSettings(null, 4096, null, true, List.of()).contextSizeFor(256L)).isEqualTo(4096);
	}

}
