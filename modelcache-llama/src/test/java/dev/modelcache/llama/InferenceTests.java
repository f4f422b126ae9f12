/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import de.kherud.llama.ModelParameters;
import dev.modelcache.testsupport.TinyLlama;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Inference}, with the library in this process.
 */
class InferenceTests {

	@TempDir
	private Path directory;

	@Test
	void everyLoadOfAModelGivesTheSameAnswers() {
		Path model = TinyLlama.write(this.directory.resolve("m.gguf"), TinyLlama.random(1));
		assertThat(IntStream.range(0, 6).mapToObj((number) -> answers(model)).distinct()).hasSize(1);
	}

	/** Asked before, and after each token: the labels are of several. */
	@Test
	void whatNobodyWaitsForIsGivenUp() {
		Inference inference = load(TinyLlama.write(this.directory.resolve("m.gguf"), TinyLlama.random(1)));
		Request request = new Request(1, false, "text", List.of("several tokens", "of any letters"), 0, 0);
		for (int looks = 0; looks < 3; looks++) {
			AtomicInteger left = new AtomicInteger(looks);
			assertThatExceptionOfType(CancellationException.class)
				.isThrownBy(() -> inference.answer(request, () -> left.getAndDecrement() == 0));
			assertThat(inference.answer(request, () -> false)).isIn(request.answers());
		}
	}

	private static Inference load(Path model) {
		return new Inference(() -> new ModelParameters().setModel(model.toString())
			.setCtxSize(TinyLlama.CONTEXT)
			.setParallel(1)
			.disableContextShift(), model.getParent());
	}

	private static List<String> answers(Path model) {
		Inference inference = load(model);
		return IntStream.range(0, 40)
			.mapToObj((number) -> new Request(1, false, "text " + number, TinyLlama.LABELS, 0.1, 0))
			.map((request) -> inference.answer(request, () -> false))
			.toList();
	}

}
