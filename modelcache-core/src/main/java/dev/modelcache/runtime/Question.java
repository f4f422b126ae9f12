package dev.modelcache.runtime;

import java.util.List;

/**
 * What a model is asked, and what it may answer.
 *
 * @param prompt the text that the model continues
 * @param answers the answers to choose from
 * @param temperature the sampling temperature; 0 always takes the likeliest token
 */
public record Question(String prompt, List<String> answers, double temperature) {

	/**
	 * Creates a question.
	 * @throws IllegalArgumentException if there are no answers to choose from
	 */
	public Question {
		answers = List.copyOf(answers);
		if (answers.isEmpty()) {
			throw new IllegalArgumentException("no answers to choose from");
		}
	}

}
