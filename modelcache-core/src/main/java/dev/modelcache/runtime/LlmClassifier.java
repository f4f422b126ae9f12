/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import reactor.core.publisher.Mono;

/**
 * Classifies texts by asking a loaded model to choose one of the configured labels. Texts
 * are processed one after the other in a queue.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Errors</em>:
 * {@link ClassifierBusyException} if the queue is full, {@link ClassificationException}
 * if the model fails to answer. A timeout and a model that is not ready are
 * {@linkplain Classification.Outcome outcomes}, not errors.
 */
public interface LlmClassifier extends AutoCloseable {

	/**
	 * Creates a builder.
	 * @param models the model to use
	 * @return a builder, all of whose options have defaults
	 */
	static LlmClassifierBuilder builder(ModelManager models) {
		return new LlmClassifierBuilder(models);
	}

	/**
	 * Classifies a text.
	 * <p>
	 * <em>Blocking</em>: never blocks. <em>Cancellation</em>: a text that is cancelled
	 * while in the queue is not processed.
	 * @param text the text
	 * @return the classification; each subscription classifies the text
	 */
	Mono<Classification> classify(String text);

	/**
	 * Classifies a text and waits for the answer, up to the timeout.
	 * <p>
	 * <em>Blocking</em>: must not be called on an event loop.
	 * @param text the text
	 * @return the classification
	 * @throws IllegalStateException on a thread that must not block
	 */
	Classification classifyBlocking(String text);

	/**
	 * Answers all waiting texts as if no model were loaded, and accepts no further texts.
	 */
	@Override
	default void close() {
	}

}
