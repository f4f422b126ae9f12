package dev.modelcache.actuate;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.BackgroundAttempts;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
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
	void aFileOfSomebodyElsesIsNoUnknownModel() {
		given(this.cache.evict("m"))
			.willReturn(Mono.error(new ModelNotFoundException("m", "it was not put there by this cache", "Delete it")));
		WebEndpointResponse<Map<String, Object>> answer = this.endpoint.evict("m");
		assertThat(answer.getStatus()).isEqualTo(409);
		assertThat(answer.getBody()).extractingByKey("error").asString().contains("not put there by this cache");
	}

	@Test
	void evictionIsNotWaitedForWithoutEnd() {
		given(this.cache.evict("m")).willReturn(Mono.never());
		VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
		try {
			ModelOperations operations = new ModelOperations(this.cache, mock(BackgroundAttempts.class), (eviction) -> {
				Mono<Void> result = eviction.cache();
				result.subscribe((none) -> {
				}, (failure) -> {
				});
				time.advanceTimeBy(Duration.ofSeconds(10));
				result.block(Duration.ZERO);
			});
			assertThatExceptionOfType(ModelCancelledException.class).isThrownBy(() -> operations.evict("m"))
				.withMessageContaining("not evicted within 10 s");
		}
		finally {
			VirtualTimeScheduler.reset();
		}
	}

	@Test
	void freeSpaceThatIsNotKnownIsLeftOut() {
		given(this.cache.status("m")).willReturn(Statuses.ready("m"));
		assertThat(this.endpoint.all()).containsEntry("cache",
				Map.of("directory", Path.of("/cache").toString(), "usedBytes", 5L));
	}

}
