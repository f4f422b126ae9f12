package dev.modelcache.runtime.llama;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

import de.kherud.llama.ModelParameters;
import dev.modelcache.testsupport.TinyLlama;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Inference}, with the library in this process.
 */
class InferenceTests {

	@TempDir
	private Path directory;

	@Test
	void everyLoadOfAModelGivesTheSameAnswers() {
		Path model = TinyLlama.write(this.directory.resolve("m.gguf"), TinyLlama.random(1));
		assertThat(IntStream.range(0, 15).mapToObj((number) -> answers(model)).distinct()).hasSize(1);
	}

	private static List<String> answers(Path model) {
		Inference inference = new Inference(new ModelParameters().setModel(model.toString())
			.setCtxSize(TinyLlama.CONTEXT)
			.setParallel(1)
			.disableContextShift()
			.disableLog());
		return IntStream.range(0, 40)
			.mapToObj((number) -> new Request(1, "text " + number, TinyLlama.LABELS, 0.1))
			.map((request) -> inference.answer(request, () -> false))
			.toList();
	}

}
