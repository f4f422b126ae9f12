/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Map;

import dev.modelcache.CacheUsage;
import dev.modelcache.ModelCacheOperations;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of an application that replaces the operations by a mock, which knows no model.
 */
class MockedOperationsTests extends ApplicationWithAMock {

	@MockitoBean
	private ModelCacheOperations operations;

	@Test
	void applicationStartsAndAnswers() {
		assertThat(Mockito.mockingDetails(this.operations).isMock()).isTrue();
		assertThat(this.health.healthForPath("modelCache").getStatus().getCode()).isEqualTo("UP");
		BDDMockito.given(this.operations.usage()).willReturn(CacheUsage.of(directory, null, null));
		assertThat(this.endpoint.all()).containsEntry("models", Map.of());
		assertThat(this.meters.find("modelcache.model.ready").gauges()).isEmpty();
	}

}
