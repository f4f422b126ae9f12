/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.util.List;

/**
 * Question to a model, with the answers to choose from.
 *
 * @param prompt the prompt that the model completes
 * @param answers the answers to choose from
 * @param temperature the sampling temperature; 0 always takes the most likely token
 * @param seed the seed of the random numbers; the same question with the same seed has
 * the same answer
 */
public record Question(String prompt, List<String> answers, double temperature, int seed) {

	/**
	 * Creates a question.
	 * @throws IllegalArgumentException if {@code answers} is empty
	 */
	public Question {
		answers = List.copyOf(answers);
		if (answers.isEmpty()) {
			throw new IllegalArgumentException("no answers to choose from");
		}
	}

	/**
	 * Creates a question with the seed 0.
	 * @param prompt the prompt that the model completes
	 * @param answers the answers to choose from
	 * @param temperature the sampling temperature
	 * @throws IllegalArgumentException if {@code answers} is empty
	 */
	public Question(String prompt, List<String> answers, double temperature) {
		this(prompt, answers, temperature, 0);
	}

}
