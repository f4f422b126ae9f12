/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.time.Duration;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What a model cache makes of the faults of its origin.
 */
@SpringBootTest(classes = NoDownloadsTests.Application.class, webEnvironment = WebEnvironment.NONE,
		properties = { "spring.config.name=no-file", "spring.main.banner-mode=off",
				"hooks.llm.url=https://models.example.com/model.gguf", "hooks.llm.max-attempts=2" })
@AutoConfigureModelCache
class FaultTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelCache cache;

	static Stream<Fault> passing() {
		return Stream.of(Fault.status(500), Fault.unavailable(Duration.ofSeconds(1)), Fault.breakAfter(0),
				Fault.breakAfter(2000), Fault.slow(DataSize.ofKilobytes(40)), Fault.withoutRanges());
	}

	@ParameterizedTest
	@MethodSource("passing")
	void faultThatPassesIsOvercome(Fault fault) {
		this.origin.failNext("model.gguf", fault);
		CachedModel model = this.cache.get("default").block(PATIENCE);
		assertThat(model.path()).satisfies(Content.exactly(TinyModels.gguf()));
		assertThat(model.verified()).isTrue();
	}

	@Test
	void wrongBytesAreNotPublished() {
		this.origin.failNext("model.gguf", Fault.wrongBytes());
		CachedModel model = this.cache.get("default").block(PATIENCE);
		assertThat(model.path()).satisfies(Content.exactly(TinyModels.gguf()));
		assertThat(this.origin.requests("model.gguf")).hasSizeGreaterThan(1);
	}

	static Stream<Arguments> lasting() {
		return Stream.of(Arguments.of(Fault.status(404), ErrorCode.NOT_FOUND),
				Arguments.of(Fault.status(403), ErrorCode.ACCESS_DENIED),
				Arguments.of(Fault.status(503), ErrorCode.TRANSFER),
				Arguments.of(Fault.breakAfter(0), ErrorCode.TRANSFER),
				Arguments.of(Fault.wrongBytes(), ErrorCode.INTEGRITY));
	}

	@ParameterizedTest
	@MethodSource("lasting")
	void faultThatLastsIsAnErrorOfItsKind(Fault fault, ErrorCode code) {
		this.origin.failEvery("model.gguf", fault);
		ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
				() -> this.cache.get("default").block(PATIENCE));
		assertThat(failure.code()).isEqualTo(code);
		assertThat(this.cache.status("default").state()).isEqualTo(ModelState.FAILED);
	}

	@Test
	void loginPageIsNotTakenForTheModel() {
		this.origin.failEvery("model.gguf", Fault.loginPage());
		assertThat(catchThrowableOfType(ModelCacheException.class, () -> this.cache.get("default").block(PATIENCE)))
			.isNotNull();
	}

	@Test
	void heldModelIsBeingDownloadedUntilItIsReleased() {
		this.origin.failNext("model.gguf", Fault.holdAfter(1000));
		Mono<CachedModel> download = this.cache.get("default").cache();
		download.subscribe();
		ModelStatus status = this.cache.statuses("default")
			.filter((next) -> next.state() == ModelState.DOWNLOADING)
			.blockFirst(PATIENCE);
		assertThat(status.source()).isEqualTo("https://models.example.com/model.gguf");
		this.origin.release();
		assertThat(download.block(PATIENCE).path()).satisfies(Content.exactly(TinyModels.gguf()));
	}

}
