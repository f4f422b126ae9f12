/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

/**
 * Tests for {@link ModelCacheOperations} of a cache that is not the builder's own.
 */
class ModelCacheOperationsTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final ModelCache cache = mock(ModelCache.class);

	private final AtomicInteger verifications = new AtomicInteger();

	private ModelCacheOperations operations;

	private Sinks.One<CachedModel> verification = Sinks.one();

	@BeforeEach
	void create() {
		this.operations = ModelCache.builder()
			.cache((options) -> options.directory(this.directory))
			.model(ModelRequest.builder("m").url(URI.create("https://example.com/m.gguf")).build())
			.operations(this.cache);
		given(this.cache.verify("m")).willReturn(Mono.defer(() -> {
			this.verifications.incrementAndGet();
			return this.verification.asMono();
		}));
		given(this.cache.refresh("m")).willReturn(Mono.never());
	}

	@AfterEach
	void close() {
		this.operations.close();
	}

	@Test
	void ensureIsAnAttemptInTheBackground() {
		given(this.cache.get("m")).willReturn(Mono.never());
		this.operations.ensure("m");
		this.operations.ensure("m");
		verify(this.cache).get("m");
	}

	/** Whether one that runs is joined is the cache's to decide. */
	@Test
	void verificationsAreThoseOfTheCache() {
		this.operations.verify("m");
		this.operations.refresh("m");
		assertThat(this.verifications).hasValue(1);
		this.verification.tryEmitError(new ModelCancelledException("m", "it was cancelled", "Try again"));
		this.verification = Sinks.one();
		this.operations.verify("m");
		assertThat(this.verifications).hasValue(2);
		Path file = this.directory.resolve("m.gguf");
		this.verification.tryEmitValue(
				CachedModel.of("m", List.of(file), 1, Digest.parse("ab".repeat(32)), "https://example.com/m.gguf")
					.withOutcome(ModelOutcome.DOWNLOADED)
					.withVerified(true));
		this.operations.verify("m");
		assertThat(this.verifications).hasValue(3);
	}

	@Test
	void cancellationAndEvictionAreThoseOfTheCache() {
		AtomicInteger done = new AtomicInteger();
		given(this.cache.cancel("m")).willReturn(Mono.fromRunnable(done::incrementAndGet));
		given(this.cache.evict("m")).willReturn(Mono.fromRunnable(done::incrementAndGet));
		this.operations.cancel("m").block(PATIENCE);
		assertThat(done).hasValue(1);
		this.operations.evict("m").block(PATIENCE);
		assertThat(done).hasValue(2);
	}

	@Test
	void evictionIsNotWaitedForWithoutEnd() {
		given(this.cache.evict("m")).willReturn(Mono.never());
		StepVerifier.withVirtualTime(() -> this.operations.evict("m"))
			.thenAwait(Duration.ofSeconds(10))
			.expectErrorSatisfies((failure) -> assertThat(failure).isInstanceOf(ModelCancelledException.class)
				.hasMessageContaining("not evicted within 10 s"))
			.verify(PATIENCE);
	}

	@Test
	void mockThatAnswersNothingIsAnAbsentModel() {
		given(this.cache.verify("m")).willReturn(null);
		assertThat(this.operations.status("m").state()).isEqualTo(ModelState.ABSENT);
		this.operations.ensure("m");
		this.operations.ensureIfDue("m");
		this.operations.verify("m");
		this.operations.cancel("m").block(PATIENCE);
		this.operations.evict("m").block(PATIENCE);
	}

	@Test
	void idThatIsNotConfiguredIsUnknown() {
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> this.operations.status("other"));
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> this.operations.verify("other"));
	}

}
