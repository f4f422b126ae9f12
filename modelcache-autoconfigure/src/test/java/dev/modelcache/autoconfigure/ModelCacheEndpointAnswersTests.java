/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.Map;

import dev.modelcache.CacheUsage;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelStorageException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;

/**
 * Tests for those answers of {@link ModelCacheEndpoint} that a running application gives
 * only when its disk fails.
 */
class ModelCacheEndpointAnswersTests {

	private final ModelCacheOperations operations = new Statuses().with(Statuses.ready("m"))
		.operations(Statuses.request("m"));

	private final ModelCacheEndpoint endpoint = new ModelCacheEndpoint(this.operations, Mono::block);

	@Test
	void evictionThatFailsSaysWhy() {
		given(this.operations.evict("m"))
			.willReturn(Mono.error(new ModelStorageException("m", Path.of("/cache"), "cannot delete it", null)));
		WebEndpointResponse<Map<String, Object>> answer = this.endpoint.evict("m");
		assertThat(answer.getStatus()).isEqualTo(500);
		assertThat(answer.getBody()).extractingByKey("error").asString().contains("cannot delete it");
	}

	@Test
	void aFileOfSomebodyElsesIsNoUnknownModel() {
		given(this.operations.evict("m"))
			.willReturn(Mono.error(new ModelNotFoundException("m", "it was not put there by this cache", "Delete it")));
		WebEndpointResponse<Map<String, Object>> answer = this.endpoint.evict("m");
		assertThat(answer.getStatus()).isEqualTo(409);
		assertThat(answer.getBody()).extractingByKey("error").asString().contains("not put there by this cache");
	}

	@Test
	void freeSpaceThatIsNotKnownIsLeftOut() {
		given(this.operations.usage()).willReturn(CacheUsage.of(Path.of("/cache"), DataSize.ofBytes(5), null));
		assertThat(this.endpoint.all()).containsEntry("cache",
				Map.of("directory", Path.of("/cache").toString(), "usedBytes", 5L));
	}

}
