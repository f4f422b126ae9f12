/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

/**
 * Classification of texts by the model.
 */
public class ClassifierProperties {

	/**
	 * Whether to provide a classifier. The model is loaded into memory as soon as its
	 * file is ready.
	 */
	private boolean enabled = false;

	/**
	 * Labels that the classifier chooses from.
	 */
	private List<String> labels = new ArrayList<>(List.of("READ", "CREATE", "UPDATE", "DELETE"));

	/**
	 * Prompt that the model completes with a label. "{text}" is replaced with the text
	 * and "{labels}" with all labels.
	 */
	private String prompt = "Classify the command as one of {labels}.\nCommand: {text}\nClass:";

	/**
	 * Label to return when the model does not answer because it is not loaded yet or
	 * takes too long. Does not have to be one of the labels.
	 */
	private String labelWhenUnavailable = "UNKNOWN";

	/**
	 * Maximum number of texts that wait for the model. Further texts are rejected.
	 */
	private int queueCapacity = 1024;

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public List<String> getLabels() {
		return this.labels;
	}

	public void setLabels(List<String> labels) {
		this.labels = labels;
	}

	public String getPrompt() {
		return this.prompt;
	}

	public void setPrompt(String prompt) {
		this.prompt = prompt;
	}

	public String getLabelWhenUnavailable() {
		return this.labelWhenUnavailable;
	}

	public void setLabelWhenUnavailable(String labelWhenUnavailable) {
		this.labelWhenUnavailable = labelWhenUnavailable;
	}

	public int getQueueCapacity() {
		return this.queueCapacity;
	}

	public void setQueueCapacity(int queueCapacity) {
		this.queueCapacity = queueCapacity;
	}

}
