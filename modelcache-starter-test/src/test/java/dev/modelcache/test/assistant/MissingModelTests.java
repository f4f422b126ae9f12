/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import java.time.Duration;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.test.AutoConfigureModelCache;
import dev.modelcache.test.Fault;
import dev.modelcache.test.ModelOrigin;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

// tag::missing[]
@SpringBootTest
@AutoConfigureModelCache
class MissingModelTests {

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelCache models;

	@Autowired
	private HealthEndpoint health;

	@Test
	void applicationIsDownWithoutItsModel() {
		this.origin.failEvery("model.gguf", Fault.status(404));
		assertThatExceptionOfType(ModelNotFoundException.class)
			.isThrownBy(() -> this.models.get("default").block(Duration.ofMinutes(1)));
		assertThat(this.health.healthForPath("modelCache").getStatus()).isEqualTo(Status.DOWN);
	}

}
// end::missing[]
