/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import java.time.Duration;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelState;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

// tag::starts[]
@SpringBootTest
class ApplicationStartsTests {

	@Autowired
	private ModelCache models;

	@Test
	void applicationStartsAndDownloadsNothing() {
		assertThat(this.models.status("default").state()).isEqualTo(ModelState.ABSENT);
		assertThatExceptionOfType(ModelOfflineException.class)
			.isThrownBy(() -> this.models.get("default").block(Duration.ofMinutes(1)))
			.withMessageContaining("@AutoConfigureModelCache");
	}

}
// end::starts[]
