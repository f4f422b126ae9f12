/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.runtime.ClassifierSettings;
import dev.modelcache.internal.runtime.QueuedClassifier;
import dev.modelcache.internal.runtime.RuntimeObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Builds an {@link LlmClassifier}. The options have the names and defaults of the keys
 * below {@code hooks.llm.classifier}.
 * <p>
 * <em>Thread-safety</em>: not thread-safe.
 */
public final class LlmClassifierBuilder {

	private final ModelManager models;

	private List<String> labels = List.of("READ", "CREATE", "UPDATE", "DELETE");

	private String prompt = "Classify the command as one of {labels}.\nCommand: {text}\nClass:";

	private String labelWhenUnavailable = "UNKNOWN";

	private int queueCapacity = 1024;

	private Duration timeout = Duration.ofMillis(2000);

	private double temperature = 0.1;

	private @Nullable String configuredAs;

	private RuntimeObserver observer = RuntimeObserver.NONE;

	private Scheduler scheduler = Schedulers.parallel();

	private Clock clock = Clock.systemUTC();

	LlmClassifierBuilder(ModelManager models) {
		this.models = models;
	}

	/**
	 * Sets the labels that the model chooses from. Defaults to {@code READ},
	 * {@code CREATE}, {@code UPDATE} and {@code DELETE}.
	 * @param labels the labels, at least one, unique, without line breaks and without
	 * surrounding white space
	 * @return this builder
	 */
	public LlmClassifierBuilder labels(List<String> labels) {
		this.labels = List.copyOf(labels);
		return this;
	}

	/**
	 * Sets the prompt that the model completes with a label.
	 * @param prompt the text; <code>{text}</code> stands for the text to classify,
	 * <code>{labels}</code> for all labels, separated by commas
	 * @return this builder
	 */
	public LlmClassifierBuilder prompt(String prompt) {
		this.prompt = prompt;
		return this;
	}

	/**
	 * Sets the label to return when the model does not answer because it is not loaded
	 * yet or takes too long; {@code UNKNOWN} by default.
	 * @param labelWhenUnavailable a label, which does not have to be one of the labels
	 * that the model chooses from
	 * @return this builder
	 */
	public LlmClassifierBuilder labelWhenUnavailable(String labelWhenUnavailable) {
		this.labelWhenUnavailable = labelWhenUnavailable;
		return this;
	}

	/**
	 * Sets the maximum number of texts that wait for the model. Further texts are
	 * rejected with a {@link ClassifierBusyException}. 1024 by default.
	 * @param queueCapacity the number, 1 or more
	 * @return this builder
	 */
	public LlmClassifierBuilder queueCapacity(int queueCapacity) {
		this.queueCapacity = queueCapacity;
		return this;
	}

	/**
	 * Sets the maximum duration of a classification, including the time in the queue; two
	 * seconds by default.
	 * @param timeout the duration, greater than zero
	 * @return this builder
	 */
	public LlmClassifierBuilder timeout(Duration timeout) {
		this.timeout = timeout;
		return this;
	}

	/**
	 * Sets the sampling temperature; 0.1 by default.
	 * @param temperature the temperature, 0 or more; 0 always takes the most likely token
	 * @return this builder
	 */
	public LlmClassifierBuilder temperature(double temperature) {
		this.temperature = temperature;
		return this;
	}

	/**
	 * Sets the scheduler for timeouts and for the delivery of answers.
	 * @param scheduler the scheduler; {@link Schedulers#parallel()} by default
	 * @return this builder
	 */
	public LlmClassifierBuilder scheduler(Scheduler scheduler) {
		this.scheduler = scheduler;
		return this;
	}

	/**
	 * Sets the clock that measures the duration of classifications.
	 * @param clock the clock
	 * @return this builder
	 */
	public LlmClassifierBuilder clock(Clock clock) {
		this.clock = clock;
		return this;
	}

	/**
	 * Sets the prefix of option names in messages.
	 * @param prefix the prefix without a trailing dot, such as
	 * {@code hooks.llm.classifier}
	 * @return this builder
	 */
	public LlmClassifierBuilder configuredAs(String prefix) {
		this.configuredAs = prefix;
		return this;
	}

	/** Sets the observer, which is called on the threads that do the work. */
	void observer(RuntimeObserver observer) {
		this.observer = observer;
	}

	/**
	 * Builds the classifier. The first text loads the model if it is not loaded yet.
	 * @return the classifier, which the caller must close before the manager
	 * @throws ModelConfigurationException if an option is invalid
	 */
	public LlmClassifier build() {
		return new QueuedClassifier(this.models, settings(), this.observer, this.scheduler, this.clock);
	}

	/** Validates the options and returns them. */
	ClassifierSettings settings() {
		if (this.labels.isEmpty()) {
			throw wrong("labels", "is empty", "List the possible labels, or remove the key");
		}
		for (int i = 0; i < this.labels.size(); i++) {
			check("labels[" + i + "]", this.labels.get(i));
		}
		if (new HashSet<>(this.labels).size() < this.labels.size()) {
			throw wrong("labels", "contains a label twice: " + this.labels, "List each label once");
		}
		check("label-when-unavailable", this.labelWhenUnavailable);
		if (!this.prompt.contains(ClassifierSettings.TEXT)) {
			throw wrong("prompt", "does not contain " + ClassifierSettings.TEXT,
					"Insert " + ClassifierSettings.TEXT + " in place of the text to classify");
		}
		if (this.queueCapacity < 1) {
			throw wrong("queue-capacity", "must be 1 or more, but is " + this.queueCapacity, "Use 1 or more");
		}
		if (this.timeout.isZero() || this.timeout.isNegative()) {
			throw wrong("timeout", "must be greater than 0, but is " + this.timeout, "Use a duration greater than 0");
		}
		if (!(this.temperature >= 0 && Double.isFinite(this.temperature))) {
			throw wrong("temperature", "must be a number of 0 or more, but is " + this.temperature, "Use 0 or more");
		}
		return new ClassifierSettings(this.labels, this.prompt, this.labelWhenUnavailable, this.temperature,
				this.timeout, this.queueCapacity);
	}

	/**
	 * A label is used as a tag of meters, and the output of a model is trimmed.
	 */
	private void check(String name, String label) {
		if (label.isBlank() || !label.equals(label.strip()) || label.chars().anyMatch(Character::isISOControl)) {
			throw wrong(name, "is not a valid label: '" + label + "'",
					"Use a label without line breaks and surrounding white space");
		}
	}

	private ModelConfigurationException wrong(String name, String problem, String action) {
		String key = (this.configuredAs != null) ? this.configuredAs + "." + name : name;
		return new ModelConfigurationException(null, key, problem, action);
	}

}
