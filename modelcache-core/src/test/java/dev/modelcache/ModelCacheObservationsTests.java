/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ModelCacheObservations}.
 */
class ModelCacheObservationsTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final List<Observation.Context> stopped = new CopyOnWriteArrayList<>();

	private final ObservationRegistry registry = ObservationRegistry.create();

	@AfterEach
	void stop() {
		this.server.close();
	}

	private ModelCache open() {
		this.registry.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStop(Observation.Context context) {
				ModelCacheObservationsTests.this.stopped.add(context);
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		ModelCacheBuilder builder = ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? this.directory.resolve("home").toString() : null)
			.cache((options) -> options.directory(this.directory).minFreeSpace(DataSize.ofMegabytes(1)))
			.download((options) -> options.allowInsecureHttp(true).responseTimeout(PATIENCE).stallTimeout(PATIENCE))
			.verifyFormat(FormatVerification.OFF)
			.model(ModelRequest.builder("default")
				.url(url())
				.expectedDigest(this.content.sha256())
				.maxAttempts(1)
				.build());
		new ModelCacheObservations(this.registry).bindTo(builder);
		return builder.build();
	}

	private URI url() {
		return URI.create(this.server.uri("/m.gguf") + "?sig=s3cret");
	}

	private List<String> names() {
		List<String> names = new ArrayList<>();
		this.stopped.forEach((context) -> names.add(context.getContextualName()));
		return names;
	}

	@Test
	void acquisitionIsObservedWithItsSteps() {
		try (ModelCache cache = open()) {
			cache.get("default").block(PATIENCE);
		}
		assertThat(names()).containsExactly("resolve default", "lock default", "transfer default", "verify default",
				"publish default", "acquire default");
		Observation.Context acquisition = this.stopped.get(5);
		assertThat(acquisition.getName()).isEqualTo("modelcache.acquisition");
		assertThat(acquisition.getLowCardinalityKeyValue("outcome").getValue()).isEqualTo("downloaded");
		assertThat(acquisition.getLowCardinalityKeyValue("model").getValue()).isEqualTo("default");
		assertThat(this.stopped.subList(0, 5)).allSatisfy((step) -> {
			assertThat(step.getName()).isEqualTo("modelcache.acquisition.step");
			assertThat(step.getParentObservation().getContextView()).isSameAs(acquisition);
			assertThat(step.getError()).isNull();
		});
		assertThat(this.stopped.get(2).getHighCardinalityKeyValue("source").getValue())
			.isEqualTo(this.server.uri("/m.gguf").toString());
		assertThat(this.stopped.toString()).doesNotContain("s3cret");
	}

	@Test
	void failureIsThatOfTheStepAndOfTheAcquisition() {
		this.server.always("/m.gguf", Reply.status(404));
		try (ModelCache cache = open()) {
			StepVerifier.create(cache.get("default")).expectError(ModelNotFoundException.class).verify(PATIENCE);
		}
		assertThat(names()).containsExactly("resolve default", "lock default", "transfer default", "acquire default");
		assertThat(this.stopped.get(2).getError()).isInstanceOf(ModelNotFoundException.class);
		assertThat(this.stopped.get(3).getError()).isInstanceOf(ModelNotFoundException.class);
		assertThat(this.stopped.get(3).getLowCardinalityKeyValue("outcome").getValue()).isEqualTo("failed");
	}

	@Test
	void modelThatIsNotConfiguredIsOther() {
		try (ModelCache cache = open()) {
			cache.get(ModelRequest.builder("ad-hoc").url(url()).build()).block(PATIENCE);
		}
		assertThat(names()).last().isEqualTo("acquire other");
	}

}
