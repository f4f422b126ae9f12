/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;

/**
 * Model that is loaded into the process of {@link LlamaMain}. Answers are generated token
 * by token, and cancellation is checked before each token.
 */
final class Inference {

	/**
	 * Name of a file that does not exist; the library names it when its log has ended.
	 */
	static final String END_OF_LOG = "end-of-log";

	/**
	 * Number of times to wait for the library to become idle. One wait is enough unless
	 * the thread of the library is not scheduled in time, which is unlikely to happen in
	 * all of them.
	 */
	private static final int RESTS = 4;

	private static final Duration REST = Duration.ofMillis(5);

	private final LlamaModel model;

	/**
	 * Loads a model.
	 * @param parameters creates the file and the parameters of the library
	 * @param directory the directory of the process
	 * @throws RuntimeException if the library cannot load the model; its reasons are in
	 * the standard error output
	 */
	Inference(Supplier<ModelParameters> parameters, Path directory) {
		try {
			this.model = new LlamaModel(parameters.get().disableLog());
		}
		catch (RuntimeException ex) {
			explain(parameters.get(), directory);
			throw ex;
		}
		settle();
	}

	/**
	 * Loads a model that cannot be loaded once more, because the library has only a log
	 * that contains everything or nothing, and what it writes for each answer would fill
	 * the disk. A log file is what starts the log again after it was disabled, and
	 * disabling it waits until everything is written.
	 */
	private static void explain(ModelParameters parameters, Path directory) {
		tryToLoad(parameters.enableLogPrefix().setLogFile(directory.resolve("load.log").toString()));
		tryToLoad(new ModelParameters().setModel(directory.resolve(END_OF_LOG).toString()).disableLog());
	}

	private static void tryToLoad(ModelParameters parameters) {
		try {
			new LlamaModel(parameters).close();
		}
		catch (RuntimeException ex) {
			// As before.
		}
	}

	/**
	 * Generates a few tokens, which verifies that the model works, and waits until the
	 * library is idle in between. When version 4.2.0 becomes idle for the first time, it
	 * clears its prompt cache but still treats the last prompt as cached, so that later
	 * prompts with the same prefix would be answered without that prefix. Therefore the
	 * library must become idle before the first real prompt, which is then computed
	 * completely.
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
	 * Completes a prompt with one of the given answers.
	 * @param request the request
	 * @param abandoned returns whether the answer is no longer needed
	 * @return the text, without surrounding white space
	 * @throws CancellationException if the request was abandoned
	 * @throws RuntimeException if the library fails
	 */
	String answer(Request request, BooleanSupplier abandoned) {
		if (abandoned.getAsBoolean()) {
			throw new CancellationException("the question was cancelled");
		}
		return generate(new InferenceParameters(request.prompt()).setGrammar(Grammar.of(request.answers()))
			.setNPredict(mostTokens(request.answers()))
			.setTemperature((float) request.temperature())
			.setSeed(request.seed())
			.setCachePrompt(true), abandoned).strip();
	}

	private String generate(InferenceParameters parameters, BooleanSupplier abandoned) {
		StringBuilder text = new StringBuilder();
		LlamaIterator output = this.model.generate(parameters).iterator();
		while (output.hasNext()) {
			text.append(output.next().text);
			if (output.hasNext() && abandoned.getAsBoolean()) {
				output.cancel();
				throw new CancellationException("the question was cancelled");
			}
		}
		return text.toString();
	}

	/**
	 * A token has at least one byte. Two more tokens are for the space before an answer
	 * and for its end.
	 */
	private static int mostTokens(List<String> answers) {
		return answers.stream().mapToInt((answer) -> answer.getBytes(StandardCharsets.UTF_8).length).max().orElseThrow()
				+ 2;
	}

}
