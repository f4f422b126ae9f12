/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

import de.kherud.llama.LlamaModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.autoconfigure.ModelCacheAutoConfiguration;
import dev.modelcache.autoconfigure.ModelCacheMetricsAutoConfiguration;
import dev.modelcache.autoconfigure.ModelRuntimeAutoConfiguration;
import dev.modelcache.llama.LlamaModelLoader;
import dev.modelcache.runtime.Classification.Outcome;
import dev.modelcache.runtime.Classification;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.runtime.ModelRuntimeMeters;
import dev.modelcache.testsupport.TinyLlama;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link LlamaAutoConfiguration}: the conditions, and the whole way from a file
 * to labels with the real library.
 */
@ExtendWith(OutputCaptureExtension.class)
class LlamaAutoConfigurationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
							ModelCacheAutoConfiguration.class, LlamaAutoConfiguration.class,
							ModelRuntimeAutoConfiguration.class, ModelCacheMetricsAutoConfiguration.class))
			.withPropertyValues("hooks.llm.cache.directory=" + this.directory.resolve("cache"),
					"hooks.llm.cache.min-free-space=1MB", "hooks.llm.inference-timeout-ms=60000");
	}

	private ApplicationContextRunner withModel(byte[] model) {
		return runner().withPropertyValues("hooks.llm.url=" + publish(model).toUri());
	}

	private Path publish(byte[] model) {
		return TinyLlama.write(this.directory.resolve("m.gguf"), model);
	}

	private ApplicationContextRunner classifying(byte[] model) {
		return withModel(model).withBean(MeterRegistry.class, SimpleMeterRegistry::new)
			.withPropertyValues("hooks.llm.classifier.enabled=true", "hooks.llm.classifier.prompt={text} =>");
	}

	@Test
	void withTheLibraryThereIsAManagerButNoClassifier() {
		runner().run((context) -> assertThat(context).hasSingleBean(LlamaModelLoader.class)
			.hasSingleBean(ModelManager.class)
			.doesNotHaveBean(LlmClassifier.class));
	}

	@Test
	void withoutTheLibraryThereIsNoManager() {
		runner().withClassLoader(new FilteredClassLoader(LlamaModel.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(ModelCache.class)
				.doesNotHaveBean(ModelLoader.class)
				.doesNotHaveBean(ModelManager.class));
	}

	@ParameterizedTest
	@CsvSource({ "hooks.llm.llama.gpu-layer, hooks.llm.llama.gpu-layers",
			"hooks.llm.llama.thread, hooks.llm.llama.threads" })
	void keysOfThisModuleAreKnown(String key, String nearest, CapturedOutput output) {
		runner().withPropertyValues("hooks.llm.llama.gpu-layers=0", "hooks.llm.llama.environment[0]=CUDA_*", key + "=1")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getAll().lines().filter((line) -> line.contains("does not exist and is ignored")))
			.singleElement()
			.asString()
			.contains("'" + key + "'", "Did you mean '" + nearest + "'");
	}

	@Test
	void switchedOffThereIsNothing() {
		runner().withPropertyValues("hooks.llm.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ModelManager.class));
	}

	@Test
	void aClassifierWithoutALoaderSaysWhatIsMissing() {
		runner().withClassLoader(new FilteredClassLoader(LlamaModel.class))
			.withPropertyValues("hooks.llm.classifier.enabled=true")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(ModelConfigurationException.class)
				.hasMessageContaining("hooks.llm.classifier.enabled")
				.hasMessageContaining("dev.modelcache:modelcache-llama"));
	}

	@Test
	void theApplicationsOwnBeansWin() {
		ModelLoader loader = mock(ModelLoader.class);
		LlmClassifier classifier = mock(LlmClassifier.class);
		runner().withBean(ModelLoader.class, () -> loader)
			.withBean(LlmClassifier.class, () -> classifier)
			.withPropertyValues("hooks.llm.classifier.enabled=true")
			.run((context) -> {
				assertThat(context).doesNotHaveBean(LlamaModelLoader.class).hasSingleBean(ModelManager.class);
				assertThat(context.getBean(LlmClassifier.class)).isSameAs(classifier);
			});
		ModelManager manager = mock(ModelManager.class);
		runner().withBean(ModelManager.class, () -> manager)
			.run((context) -> assertThat(context.getBean(ModelManager.class)).isSameAs(manager));
	}

	@Test
	void theManagerFetchesLoadsAndUnloads() {
		withModel(TinyLlama.answering("READ")).run((context) -> {
			ModelManager manager = context.getBean(ModelManager.class);
			assertThat(manager.ensureModelAvailable().block(PATIENCE)).isTrue();
			assertThat(manager.ensureModelAvailable().block(PATIENCE)).isFalse();
			assertThat(manager.isLoaded()).isFalse();
			// One that another test has ended may still be among them.
			Set<ProcessHandle> before = ProcessHandle.current().children().collect(Collectors.toSet());
			manager.loadModel().block(PATIENCE);
			assertThat(manager.isLoaded()).isTrue();
			Set<ProcessHandle> started = ProcessHandle.current().children().collect(Collectors.toSet());
			started.removeAll(before);
			assertThat(started).hasSize(1);
			manager.unload().block(PATIENCE);
			assertThat(manager.isLoaded()).isFalse();
			// All that the model took was in that process.
			assertThat(started).noneMatch(ProcessHandle::isAlive);
		});
	}

	@Test
	void aRefusedFileIsAClearError() {
		byte[] whole = TinyLlama.answering("READ");
		withModel(Arrays.copyOf(whole, whole.length / 2)).run((context) -> {
			ModelManager manager = context.getBean(ModelManager.class);
			StepVerifier.create(manager.loadModel())
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(ModelFormatException.class)
					.hasMessageContaining("truncated GGUF"))
				.verify(PATIENCE);
			assertThat(manager.isLoaded()).isFalse();
		});
	}

	@Test
	void theModelIsLoadedWithItsFileAndAThousandTextsGetTheirLabels() {
		classifying(TinyLlama.answering("DELETE")).run((context) -> {
			LlmClassifier classifier = context.getBean(LlmClassifier.class);
			context.getBean(ModelCache.class).get("default").block(PATIENCE);
			Awaitility.await().atMost(PATIENCE).until(context.getBean(ModelManager.class)::isLoaded);
			List<Classification> all = Flux.range(0, 1000)
				.flatMap((number) -> classifier.classify("rm file" + number), 1000)
				.collectList()
				.block(PATIENCE);
			assertThat(all).hasSize(1000).allSatisfy((classification) -> {
				assertThat(classification.label()).isEqualTo("DELETE");
				assertThat(classification.outcome()).isEqualTo(Outcome.ANSWERED);
			});
			MeterRegistry meters = context.getBean(MeterRegistry.class);
			assertThat(meters.get("modelcache.classifications")
				.tags("label", "DELETE", "outcome", "answered")
				.timer()
				.count()).isEqualTo(1000);
			assertThat(meters.get("modelcache.model.loads").tag("outcome", "loaded").timer().count()).isEqualTo(1);
			assertThat(context).hasSingleBean(ModelRuntimeMeters.class);
		});
	}

	@Test
	void anUpdateIsSwappedInWithoutARefusedText() {
		classifying(TinyLlama.answering("READ")).run((context) -> {
			LlmClassifier classifier = context.getBean(LlmClassifier.class);
			context.getBean(ModelManager.class).loadModel().block(PATIENCE);
			List<Classification> answers = new CopyOnWriteArrayList<>();
			AtomicBoolean stop = new AtomicBoolean();
			List<Thread> users = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				Thread user = new Thread(() -> {
					while (!stop.get()) {
						answers.add(classifier.classifyBlocking("ls"));
					}
				});
				user.start();
				users.add(user);
			}
			Awaitility.await().atMost(PATIENCE).until(() -> !answers.isEmpty());
			publish(TinyLlama.answering("UPDATE"));
			context.getBean(ModelCache.class).refresh("default").block(PATIENCE);
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> !answers.isEmpty() && answers.get(answers.size() - 1).label().equals("UPDATE"));
			stop.set(true);
			for (Thread user : users) {
				user.join();
			}
			assertThat(answers).extracting(Classification::outcome).containsOnly(Outcome.ANSWERED);
			assertThat(answers).extracting(Classification::label).contains("READ").containsOnly("READ", "UPDATE");
		});
	}

	@Test
	void aNewVersionThatIsRefusedKeepsTheOneBefore() {
		classifying(TinyLlama.answering("READ")).run((context) -> {
			LlmClassifier classifier = context.getBean(LlmClassifier.class);
			context.getBean(ModelManager.class).loadModel().block(PATIENCE);
			Files.writeString(this.directory.resolve("m.gguf"), "<html>");
			StepVerifier.create(context.getBean(ModelCache.class).refresh("default")).expectError().verify(PATIENCE);
			assertThat(classifier.classifyBlocking("ls").label()).isEqualTo("READ");
		});
	}

	@Test
	void theTimeOutOfTheModelIsHonouredAndFreesTheWorker() {
		classifying(TinyLlama.random(1)).withPropertyValues("hooks.llm.inference-timeout-ms=100").run((context) -> {
			context.getBean(ModelManager.class).loadModel().block(PATIENCE);
			LlmClassifier classifier = context.getBean(LlmClassifier.class);
			List<Classification> all = Flux.range(0, 1000)
				.flatMap((number) -> classifier.classify(number + "x".repeat(400)), 1000)
				.collectList()
				.block(PATIENCE);
			assertThat(all).hasSize(1000);
			assertThat(all).filteredOn(Classification::isTimedOut)
				.isNotEmpty()
				.extracting(Classification::label)
				.containsOnly("UNKNOWN");
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> classifier.classifyBlocking("ls").outcome() == Outcome.ANSWERED);
		});
	}

}
