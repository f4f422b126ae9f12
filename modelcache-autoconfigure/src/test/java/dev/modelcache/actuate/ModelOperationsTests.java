package dev.modelcache.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.BackgroundAttempts;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;

/**
 * Tests for {@link ModelOperations}.
 */
class ModelOperationsTests {

	private final ModelCache cache = mock(ModelCache.class);

	private final BackgroundAttempts attempts = mock(BackgroundAttempts.class);

	private final AtomicInteger verifications = new AtomicInteger();

	private final List<String> awaited = new ArrayList<>();

	private final ModelOperations operations = new ModelOperations(this.cache, this.attempts,
			(mono) -> mono.block(Duration.ofSeconds(10)));

	private Sinks.One<CachedModel> verification = Sinks.one();

	@BeforeEach
	void answer() {
		given(this.cache.verify("m")).willReturn(Mono.defer(() -> {
			this.verifications.incrementAndGet();
			return this.verification.asMono();
		}));
		given(this.cache.refresh("m")).willReturn(Mono.never());
		given(this.cache.cancel("m")).willReturn(Mono.fromRunnable(() -> this.awaited.add("cancel")));
		given(this.cache.evict("m")).willReturn(Mono.fromRunnable(() -> this.awaited.add("evict")));
	}

	@Test
	void ensureIsAnAttemptInTheBackground() {
		this.operations.start(ModelAction.ENSURE, "m");
		verify(this.attempts).start("m");
		verifyNoInteractions(this.cache);
	}

	@Test
	void sameActionGoesOnOnceAtATime() {
		this.operations.start(ModelAction.VERIFY, "m");
		this.operations.start(ModelAction.REFRESH, "m");
		this.operations.start(ModelAction.VERIFY, "m");
		assertThat(this.verifications).hasValue(1);
		this.verification.tryEmitError(Statuses.failure("m"));
		this.verification = Sinks.one();
		this.operations.start(ModelAction.VERIFY, "m");
		assertThat(this.verifications).hasValue(2);
		this.verification.tryEmitValue(Statuses.model("m"));
		this.operations.start(ModelAction.VERIFY, "m");
		assertThat(this.verifications).hasValue(3);
	}

	@Test
	void cancellationAndEvictionAreDoneWhenTheyReturn() {
		this.operations.start(ModelAction.CANCEL, "m");
		this.operations.evict("m");
		assertThat(this.awaited).containsExactly("cancel", "evict");
	}

}
