package dev.modelcache.runtime;

import reactor.core.publisher.Mono;

/**
 * Tells which of the configured labels a text has, by asking a loaded model. One text is
 * answered after the other; the others wait.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Errors</em>: a full queue is
 * a {@link ClassifierBusyException}, a model that gives no answer a
 * {@link ClassificationException}. A model that is not ready, and a time-out, are no
 * errors but {@linkplain Classification.Outcome outcomes}.
 */
public interface LlmClassifier extends AutoCloseable {

	/**
	 * Starts a classifier.
	 * @param models the model to ask
	 * @return a builder, all of whose options have defaults
	 */
	static LlmClassifierBuilder builder(ModelManager models) {
		return new LlmClassifierBuilder(models);
	}

	/**
	 * Classifies a text.
	 * <p>
	 * <em>Blocking</em>: never. <em>Cancellation</em>: a text that is cancelled while it
	 * waits is not looked at.
	 * @param text the text
	 * @return its classification, once for each subscriber
	 */
	Mono<Classification> classify(String text);

	/**
	 * Classifies a text and waits for the answer, no longer than the time-out.
	 * <p>
	 * <em>Blocking</em>: not for event loops, which are refused.
	 * @param text the text
	 * @return its classification
	 * @throws IllegalStateException on a thread that must not block
	 */
	Classification classifyBlocking(String text);

	/**
	 * Answers the texts that wait as if no model was loaded, and accepts no more.
	 */
	@Override
	default void close() {
	}

}
