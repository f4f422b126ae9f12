package dev.modelcache.runtime;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * A model in memory.
 * <p>
 * <em>Thread-safety</em>: may be asked by several threads. <em>Blocking</em>: all of it.
 */
public interface LoadedModel extends AutoCloseable {

	/**
	 * Answers a question.
	 * @param question the question
	 * @param abandoned tells whether nobody waits for the answer any more; looked at as
	 * often as the model allows
	 * @return one of the question's answers
	 * @throws CancellationException if it was abandoned
	 * @throws ClassificationException if the model gives no answer
	 */
	String answer(Question question, BooleanSupplier abandoned);

	/**
	 * Lets go of the model. Nobody asks it by then.
	 */
	@Override
	void close();

}
