package dev.modelcache.runtime.llama;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.Question;

/**
 * A model that llama.cpp runs. Its answer is taken token by token; between two tokens, an
 * answer that nobody waits for is given up.
 */
final class LlamaLoadedModel implements LoadedModel {

	private static final int SEED = 0;

	private final LlamaModel model;

	LlamaLoadedModel(LlamaModel model) {
		this.model = model;
	}

	@Override
	public String answer(Question question, BooleanSupplier abandoned) {
		String answer = generate(parameters(question), abandoned).strip();
		if (!question.answers().contains(answer)) {
			throw new ClassificationException("the model gave none of the possible answers",
					"Check that its vocabulary can write them", null);
		}
		return answer;
	}

	private String generate(InferenceParameters parameters, BooleanSupplier abandoned) {
		StringBuilder text = new StringBuilder();
		try {
			LlamaIterator output = this.model.generate(parameters).iterator();
			while (output.hasNext()) {
				text.append(output.next().text);
				if (output.hasNext() && abandoned.getAsBoolean()) {
					output.cancel();
					throw new CancellationException("nobody waits for the answer");
				}
			}
			return text.toString();
		}
		catch (CancellationException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			throw new ClassificationException("llama.cpp gave no answer: " + ex.getMessage(),
					"If the text is too long, shorten it or raise hooks.llm.llama.context-size", ex);
		}
	}

	private static InferenceParameters parameters(Question question) {
		return new InferenceParameters(question.prompt()).setGrammar(Grammar.of(question.answers()))
			.setNPredict(mostTokens(question.answers()))
			.setTemperature((float) question.temperature())
			.setSeed(SEED)
			.setCachePrompt(true);
	}

	/** No token is shorter than a byte; the blank before an answer and the end follow. */
	private static int mostTokens(List<String> answers) {
		return answers.stream().mapToInt((answer) -> answer.getBytes(StandardCharsets.UTF_8).length).max().orElseThrow()
				+ 2;
	}

	/**
	 * Ends the thread of the model. Version 4.2.0 of the library frees no memory here:
	 * the mapped file is left to the operating system, which may drop it.
	 */
	@Override
	public void close() {
		this.model.close();
	}

}
