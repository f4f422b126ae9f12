/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.Resource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;

/**
 * Tests for {@link ModelResource}.
 */
class ModelResourceTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final ModelCache cache = mock(ModelCache.class);

	private CachedModel model;

	@BeforeEach
	void configureModelThatIsNotThereYet() throws IOException {
		Path onnx = write("onnx/model.onnx", "model");
		Path tokenizer = write("tokenizer.json", "{}");
		this.model = CachedModel.of("m", List.of(onnx, tokenizer), 7, Digest.parse("00".repeat(32)), "https://host/m")
			.withOutcome(ModelOutcome.DOWNLOADED)
			.withVerified(true);
		given(this.cache.status("m")).willReturn(ModelStatus.absent("m"));
		given(this.cache.get("m")).willReturn(Mono.just(this.model).delayElement(Duration.ofMillis(10)));
	}

	private Path write(String name, String text) throws IOException {
		Path file = this.directory.resolve(name);
		Files.createDirectories(file.getParent());
		return Files.writeString(file, text);
	}

	private Resource resource(String location) {
		return new ModelResource(ModelLocation.parse(location), new LocatedModels(() -> this.cache));
	}

	private void becomeReady() {
		given(this.cache.status("m")).willReturn(ModelStatus.ready(this.model));
	}

	private static <T> T onAnEventLoop(Callable<T> call) {
		return Mono.fromCallable(call).subscribeOn(Schedulers.parallel()).block(PATIENCE);
	}

	@Test
	void costsNothingUntilItIsOpened() throws IOException {
		Resource resource = resource("model:m/onnx/model.onnx");
		assertThat(resource.getFilename()).isEqualTo("model.onnx");
		assertThat(resource.getDescription()).isEqualTo("model resource [model:m/onnx/model.onnx]");
		assertThat(resource.isFile()).isTrue();
		assertThat(resource.isOpen()).isFalse();
		assertThat(resource.createRelative("../tokenizer.json")).isEqualTo(resource("model:m/tokenizer.json"));
		verifyNoInteractions(this.cache);
	}

	@Test
	void existenceIsAnsweredWithoutFetching() {
		given(this.cache.status("n")).willThrow(new ModelNotFoundException("n", "unknown", "Configure it"));
		assertThat(resource("model:m").exists()).isTrue();
		assertThat(resource("model:m/any.json").exists()).isTrue();
		assertThat(resource("model:m").isReadable()).isTrue();
		assertThat(resource("model:n").exists()).isFalse();
		becomeReady();
		assertThat(resource("model:m").exists()).isTrue();
		assertThat(resource("model:m/tokenizer.json").exists()).isTrue();
		assertThat(resource("model:m/any.json").exists()).isFalse();
		verify(this.cache, never()).get(anyString());
	}

	@Test
	void withoutANameIsTheFileThatARuntimeOpensFirst() throws IOException {
		Resource resource = resource("model:m");
		Path onnx = this.directory.resolve("onnx").resolve("model.onnx");
		assertThat(resource.getFilePath()).isEqualTo(onnx);
		assertThat(resource.getFile()).isEqualTo(onnx.toFile());
		assertThat(resource.getURI()).isEqualTo(onnx.toUri());
		assertThat(resource.getURL()).isEqualTo(onnx.toUri().toURL());
	}

	@Test
	void withANameIsThatFile() throws IOException {
		Path tokenizer = this.directory.resolve("tokenizer.json");
		Files.setLastModifiedTime(tokenizer, FileTime.fromMillis(86_400_000));
		Resource resource = resource("model:m/tokenizer.json");
		assertThat(resource.getFilePath()).isEqualTo(tokenizer);
		assertThat(resource.contentLength()).isEqualTo(2);
		assertThat(resource.lastModified()).isEqualTo(86_400_000);
		assertThat(resource.getContentAsString(StandardCharsets.UTF_8)).isEqualTo("{}");
		try (InputStream stream = resource.getInputStream(); ReadableByteChannel channel = resource.readableChannel()) {
			assertThat(stream).hasContent("{}");
			assertThat(channel.isOpen()).isTrue();
		}
	}

	@Test
	void nameThatTheModelDoesNotHaveIsRefusedWithTheNames() {
		assertThatExceptionOfType(ModelNotFoundException.class)
			.isThrownBy(() -> resource("model:m/vocab.txt").getInputStream())
			.withMessageContaining("'vocab.txt'")
			.withMessageContaining("onnx/model.onnx, tokenizer.json");
	}

	@Test
	void failureOfTheModelStaysWhatItIs() {
		given(this.cache.get("m")).willReturn(Mono.error(new ModelOfflineException("m", "not cached", "Go online")));
		assertThatExceptionOfType(ModelOfflineException.class).isThrownBy(() -> resource("model:m").contentLength());
	}

	@Test
	void eventLoopDoesNotWaitForAModelThatIsNotReady() {
		assertThatIllegalStateException().isThrownBy(() -> onAnEventLoop(() -> resource("model:m").getInputStream()))
			.withMessageContaining("'model:m' is not ready yet, and the thread parallel-")
			.withMessageContaining("ModelCache.get(\"m\")");
		verify(this.cache, never()).get(anyString());
	}

	@Test
	void eventLoopGetsAModelThatIsReady() {
		becomeReady();
		assertThat(onAnEventLoop(() -> resource("model:m/tokenizer.json").getFilePath())).hasSize(2);
		verify(this.cache, never()).get(anyString());
	}

	@Test
	void relativeOneThatLeadsOutOfTheModelIsRefused() {
		assertThatIOException().isThrownBy(() -> resource("model:m/onnx/model.onnx").createRelative("../../x"))
			.withMessageContaining("model:m/");
	}

}
