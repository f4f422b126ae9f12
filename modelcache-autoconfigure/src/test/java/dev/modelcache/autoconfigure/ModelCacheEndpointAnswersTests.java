/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.modelcache.CacheUsage;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelStorageException;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;

/**
 * Tests for those answers of {@link ModelCacheEndpoint} that a running application gives
 * only when its disk fails.
 */
class ModelCacheEndpointAnswersTests {

	private final ModelCacheOperations operations = new Statuses().with(Statuses.ready("m"))
		.operations(Statuses.request("m"));

	private final ModelCacheEndpoint endpoint = new ModelCacheEndpoint(this.operations, () -> null, Mono::block);

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

	@Test
	void theFailuresOfFallbacksAreShown() {
		ModelCacheException failure = Statuses.failure("m");
		ModelCacheException fallback = new ModelNotFoundException("m", "the fallback does not exist", "Correct it");
		ModelCacheException last = new ModelStorageException("m", Path.of("/cache"), "cannot write it", null);
		failure.addSuppressed(new IOException("a part of the failure"));
		failure.addSuppressed(fallback);
		fallback.addSuppressed(last);
		last.addSuppressed(fallback);
		ModelCacheOperations operations = new Statuses().with(ModelStatus.of("m", ModelState.FAILED).withError(failure))
			.operations(Statuses.request("m"));
		given(operations.directory()).willReturn(Path.of("/no/such/cache"));
		Map<String, Object> model = new ModelCacheEndpoint(operations, () -> "none", Mono::block).one("m").getBody();
		assertThat(model).extractingByKey("error", as(InstanceOfAssertFactories.map(String.class, Object.class)))
			.containsEntry("others", List.of(Map.of("code", "NOT_FOUND", "message", "the fallback does not exist"),
					Map.of("code", "STORAGE", "message", last.problem())));
		assertThat(model)
			.extractingByKey("configuration", as(InstanceOfAssertFactories.map(String.class, Object.class)))
			.containsEntry("startup", "none")
			.containsEntry("checksum", false);
	}

}
