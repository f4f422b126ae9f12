package dev.modelcache.actuate;

import java.nio.file.Path;
import java.util.Map;

import dev.modelcache.BackgroundAttempts;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelStorageException;
import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for those answers of {@link ModelCacheEndpoint} that a running application gives
 * only when its disk fails.
 */
class ModelCacheEndpointAnswersTests {

	private final ModelCache cache = mock(ModelCache.class);

	private final ConfiguredModels models = Statuses.configured(Statuses.request("m"));

	private final ModelCacheEndpoint endpoint = new ModelCacheEndpoint(this.cache, this.models,
			new TransferHistory(this.models, new ManualClock()),
			new ModelOperations(this.cache, mock(BackgroundAttempts.class), Mono::block),
			() -> new CacheUsage(Path.of("/cache"), DataSize.ofBytes(5), null));

	@Test
	void evictionThatFailsSaysWhy() {
		given(this.cache.evict("m"))
			.willReturn(Mono.error(new ModelStorageException("m", Path.of("/cache"), "cannot delete it", null)));
		WebEndpointResponse<Map<String, Object>> answer = this.endpoint.evict("m");
		assertThat(answer.getStatus()).isEqualTo(500);
		assertThat(answer.getBody()).extractingByKey("error").asString().contains("cannot delete it");
	}

	@Test
	void freeSpaceThatIsNotKnownIsLeftOut() {
		given(this.cache.status("m")).willReturn(Statuses.ready("m"));
		assertThat(this.endpoint.all()).containsEntry("cache",
				Map.of("directory", Path.of("/cache").toString(), "usedBytes", 5L));
	}

}
