/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCache;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of an application that replaces the model cache by a mock: it knows nothing and
 * returns {@code null}, and everything around it starts and answers.
 */
class MockedModelCacheTests extends ApplicationWithAMock {

	@MockitoBean
	private ModelCache cache;

	@Test
	void applicationStartsAndAnswers() {
		assertThat(Mockito.mockingDetails(this.cache).isMock()).isTrue();
		assertThat(this.health.healthForPath("modelCache").getStatus().getCode()).isEqualTo("OUT_OF_SERVICE");
		assertThat(this.endpoint.all()).containsKey("models");
		assertThat(this.endpoint.one("default").getStatus()).isEqualTo(WebEndpointResponse.STATUS_OK);
		for (String action : new String[] { "ensure", "verify", "refresh", "cancel" }) {
			assertThat(this.endpoint.start("default", action).getStatus()).as(action).isEqualTo(202);
		}
		assertThat(this.endpoint.evict("default").getStatus()).isEqualTo(204);
		assertThat(this.meters.get("modelcache.model.ready").gauge().value()).isZero();
	}

}
