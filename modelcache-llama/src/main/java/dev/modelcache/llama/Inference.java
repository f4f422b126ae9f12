package dev.modelcache.llama;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;

/**
 * A model in the memory of this process, the one of {@link LlamaMain}. Its answer is
 * taken token by token; between two tokens, an answer that nobody waits for is given up.
 */
final class Inference {

	private static final int SEED = 0;

	/**
	 * How often, and how long, the library is left alone. Each time it comes to rest
	 * unless its thread is not scheduled just then: all of them together would have to
	 * miss.
	 */
	private static final int RESTS = 4;

	private static final Duration REST = Duration.ofMillis(5);

	private final LlamaModel model;

	/**
	 * Loads a model.
	 * @param parameters the file, and how it is run
	 * @throws RuntimeException if the library refuses
	 */
	Inference(ModelParameters parameters) {
		this.model = new LlamaModel(parameters);
		settle();
	}

	/**
	 * Takes a few tokens, which proves that the model computes and that its thread is
	 * there, and lets the library come to rest in between. The first time that it has
	 * nothing to do, version 4.2.0 clears its cache of prompts, but goes on to believe
	 * that the last prompt is in it: whatever shares a beginning with that one would be
	 * answered without this beginning from then on. So it rests before the first prompt
	 * that is kept, and that one is computed anew.
	 */
	private void settle() {
		for (int i = 0; i < RESTS; i++) {
			takeToken();
			LockSupport.parkNanos(REST.toNanos());
		}
		takeToken();
	}

	private void takeToken() {
		generate(new InferenceParameters("").setNPredict(1).setCachePrompt(false), () -> false);
	}

	/**
	 * Continues a prompt with one of some answers.
	 * @param request what is asked
	 * @param abandoned tells whether nobody waits for the answer any more
	 * @return the text, without white space around it
	 * @throws CancellationException if it was abandoned
	 * @throws RuntimeException if the library refuses
	 */
	String answer(Request request, BooleanSupplier abandoned) {
		if (abandoned.getAsBoolean()) {
			throw new CancellationException("nobody waits for the answer");
		}
		return generate(new InferenceParameters(request.prompt()).setGrammar(Grammar.of(request.answers()))
			.setNPredict(mostTokens(request.answers()))
			.setTemperature((float) request.temperature())
			.setSeed(SEED)
			.setCachePrompt(true), abandoned).strip();
	}

	private String generate(InferenceParameters parameters, BooleanSupplier abandoned) {
		StringBuilder text = new StringBuilder();
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

	/** No token is shorter than a byte; the blank before an answer and the end follow. */
	private static int mostTokens(List<String> answers) {
		return answers.stream().mapToInt((answer) -> answer.getBytes(StandardCharsets.UTF_8).length).max().orElseThrow()
				+ 2;
	}

}
