/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.time.Duration;
import java.util.List;

import dev.modelcache.runtime.Question;

/**
 * How texts are classified.
 *
 * @param labels what a text can be
 * @param prompt what the model continues with a label: <code>{text}</code> stands for the
 * text, <code>{labels}</code> for the labels
 * @param labelWhenUnavailable the label when the model does not answer
 * @param temperature the sampling temperature
 * @param timeout how long one classification may take, waiting included
 * @param queueCapacity how many texts may wait
 */
public record ClassifierSettings(List<String> labels, String prompt, String labelWhenUnavailable, double temperature,
		Duration timeout, int queueCapacity) {

	/** Stands for the text. */
	public static final String TEXT = "{text}";

	/** Stands for the labels, separated by commas. */
	public static final String LABELS = "{labels}";

	/**
	 * Creates the settings.
	 */
	public ClassifierSettings {
		labels = List.copyOf(labels);
	}

	Question question(String text) {
		return new Question(this.prompt.replace(LABELS, String.join(", ", this.labels)).replace(TEXT, text),
				this.labels, this.temperature);
	}

}
