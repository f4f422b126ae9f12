/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoadException;
import dev.modelcache.runtime.Question;
import dev.modelcache.testsupport.CachedModels;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ModelCorpus;
import dev.modelcache.testsupport.TinyLlama;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LlamaModelLoader}, with the real library.
 */
class LlamaModelLoaderTests {

	private static final List<String> LABELS = List.of("READ", "CREATE", "UPDATE", "DELETE");

	@TempDir
	private Path directory;

	private final List<LoadedModel> loaded = new ArrayList<>();

	@AfterEach
	void close() {
		this.loaded.forEach(LoadedModel::close);
	}

	private CachedModel file(byte[] model) {
		// Never over a file that is mapped.
		Path path = this.directory.resolve("m" + this.loaded.size() + ".gguf");
		return CachedModels.of(TinyLlama.write(path, model), Content.of(model));
	}

	private LoadedModel load(byte[] model) {
		return load(model, new LlamaSettings(null, TinyLlama.CONTEXT, null, true, List.of()));
	}

	private LoadedModel load(byte[] model, LlamaSettings settings) {
		LoadedModel loading = new LlamaModelLoader(settings, Clock.systemUTC()).load(file(model));
		this.loaded.add(loading);
		return loading;
	}

	private static Question question(String prompt, double temperature) {
		return new Question(prompt, LABELS, temperature);
	}

	private static String ask(LoadedModel model, String prompt) {
		return model.answer(question(prompt, 0.1), () -> false);
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ", "CREATE", "UPDATE", "DELETE" })
	void theModelSaysWhatItWasMadeToSay(String label) {
		assertThat(ask(load(TinyLlama.answering(label)), "rm file =>")).isEqualTo(label);
	}

	@Test
	void aModelOfNoSenseSaysNothingButLabels() {
		LoadedModel model = load(TinyLlama.random(7));
		for (double temperature : new double[] { 0, 0.1, 5 }) {
			assertThat(IntStream.range(0, 50)
				.mapToObj((number) -> model.answer(question("text " + number, temperature), () -> false))
				.toList()).isSubsetOf(LABELS);
		}
	}

	@Test
	void labelsNeedNotBeTokens() {
		LoadedModel model = load(TinyLlama.random(3));
		Question question = new Question("a", List.of("l'été \"à\\b\"", "two words"), 1);
		assertThat(model.answer(question, () -> false)).isIn(question.answers());
	}

	@Test
	void anyTextIsAnswered() {
		LoadedModel model = load(TinyLlama.random(5));
		assertThat(List.of("", "nul\0 bell\7 tab\t line\n return\r delete\177", "\"quoted\" \\ {\"json\": [}",
				"</s> <s> <unk> <0x00>", "\u4e2d\u6587 \ud83d\ude00", "half a \ud83d pair", "\ufffe\uffff\u2028"))
			.allSatisfy((text) -> assertThat(ask(model, text)).isIn(LABELS));
	}

	@Test
	void theSameTextGetsTheSameAnswer() {
		LoadedModel model = load(TinyLlama.random(9));
		assertThat(IntStream.range(0, 20).mapToObj((number) -> ask(model, "rm file =>")).distinct()).hasSize(1);
	}

	@Test
	void anotherSeedDrawsAnotherAnswer() {
		LoadedModel model = load(TinyLlama.random(9));
		assertThat(IntStream.range(0, 100)
			.mapToObj((seed) -> model.answer(new Question("rm file =>", LABELS, 5, seed), () -> false))
			.distinct()).hasSizeGreaterThan(1);
	}

	@Test
	void aTextThatIsTooLongIsAnErrorAndTheNextOneIsAnswered() {
		LoadedModel model = load(TinyLlama.answering("READ"));
		assertThatExceptionOfType(ClassificationException.class)
			.isThrownBy(() -> ask(model, "x".repeat(TinyLlama.CONTEXT + 1)))
			.withMessageContaining("hooks.llm.llama.context-size");
		assertThat(ask(model, "x".repeat(TinyLlama.CONTEXT - 20))).isEqualTo("READ");
	}

	@Test
	void whatNobodyWaitsForIsGivenUp() {
		LoadedModel model = load(TinyLlama.answering("READ"));
		for (int i = 0; i < 20; i++) {
			assertThatExceptionOfType(CancellationException.class)
				.isThrownBy(() -> model.answer(question("ls =>", 0), () -> true));
			assertThat(ask(model, "ls =>")).isEqualTo("READ");
		}
	}

	@Test
	void severalThreadsMayAskAtOnce() {
		LoadedModel model = load(TinyLlama.answering("UPDATE"));
		assertThat(IntStream.range(0, 200).parallel().mapToObj((number) -> ask(model, "text " + number)).toList())
			.hasSize(200)
			.containsOnly("UPDATE");
	}

	@Test
	void twoModelsAreLoadedSideBySide() {
		LoadedModel one = load(TinyLlama.answering("READ"));
		LoadedModel other = load(TinyLlama.answering("DELETE"), new LlamaSettings(1, null, 0, false, List.of()));
		assertThat(ask(one, "a")).isEqualTo("READ");
		assertThat(ask(other, "a")).isEqualTo("DELETE");
	}

	@Test
	void aFileOfAnotherFormatIsRefused() {
		CachedModel model = CachedModels.of(this.directory.resolve("m.onnx"), Content.of("x"), ModelOutcome.CACHED,
				"ONNX");
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(
					() -> new LlamaModelLoader(new LlamaSettings(null, null, null, true, List.of()), Clock.systemUTC())
						.load(model))
			.withMessageContaining("has the format ONNX");
	}

	@Test
	void aFileThatIsGoneIsAClearError() {
		CachedModel model = CachedModels.of(this.directory.resolve("m.gguf"), Content.of("x"));
		assertThatExceptionOfType(ModelLoadException.class)
			.isThrownBy(
					() -> new LlamaModelLoader(new LlamaSettings(null, null, null, true, List.of()), Clock.systemUTC())
						.load(model))
			.withMessageContaining("does not exist")
			.satisfies((ex) -> assertThat(ex.isFileRefused()).isTrue())
			.satisfies((ex) -> assertThat(ex.modelId()).isEqualTo("default"));
	}

	@Test
	void theLibrarysReasonIsInTheErrorAndTheNextFileIsLoaded() {
		byte[] model = TinyLlama.random(1);
		assertNotLoaded("no model at all".getBytes(), "expected 'GGUF'");
		assertNotLoaded(Arrays.copyOf(model, model.length / 2), "data is not within the file bounds");
		assertNotLoaded(Arrays.copyOf(model, 3000), "failed to read key-value pairs");
		assertNotLoaded(patched(model, "general.architecture", 8 + 4, (byte) 'x'), "unknown model architecture");
		assertThat(ask(load(model), "ls =>")).isIn(LABELS);
	}

	@Test
	void aCrashIsNamedWithItsSignal() {
		byte[] model = TinyLlama.random(1);
		// The number of rows of a tensor is divided by, which Arm takes without a signal.
		if (Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"))) {
			ModelLoadException failure = assertNotLoaded(patched(model, "blk.0.attn_q.weight", 4 + 8, (byte) 0),
					"crashed with the signal SIGFPE");
			// Reading the file instead of mapping it would not help.
			assertThat(failure.getCause()).hasNoSuppressedExceptions();
		}
		// The type of the number, a 32-bit unsigned integer.
		ModelLoadException failure = assertNotLoaded(patched(model, "general.file_type", 0, (byte) 5),
				"crashed with the signal SIGABRT: .*GGML_ASSERT");
		assertThat(failure.getCause().getSuppressed()).hasSize(1);
	}

	/** llama.cpp ends its process where these are mapped. */
	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void weightsThatCannotBeMappedAreRead(CapturedOutput output) {
		byte[] model = ModelCorpus.gguf()
			.stream()
			.filter((sample) -> sample.name().equals("alignment 8" + ModelCorpus.UNMAPPED))
			.findFirst()
			.orElseThrow()
			.bytes();
		assertThat(ask(load(model), "ls =>")).isIn(LABELS);
		assertThat(output).contains("cannot map", "hooks.llm.llama.mmap=false", "buffer pointer must be aligned");
	}

	private ModelLoadException assertNotLoaded(byte[] broken, String reason) {
		return assertThatExceptionOfType(ModelLoadException.class).isThrownBy(() -> load(broken))
			.withMessageContaining("llama.cpp cannot load " + this.directory.resolve("m0.gguf"))
			.withMessageMatching("(?s).*" + reason + ".*")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("could not load model", "exit code",
					"end-of-log"))
			.satisfies((ex) -> assertThat(ex.isFileRefused()).isTrue())
			.actual();
	}

	/** Changes a byte so many bytes after a name. */
	private static byte[] patched(byte[] model, String name, int offset, byte value) {
		byte[] patched = model.clone();
		int start = new String(model, StandardCharsets.ISO_8859_1).indexOf(name);
		patched[start + name.length() + offset] = value;
		return patched;
	}

}
