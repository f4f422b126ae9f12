/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Model that is loaded into memory.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: all methods
 * block.
 */
public interface LoadedModel extends AutoCloseable {

	/**
	 * Answers a question.
	 * @param question the question
	 * @param abandoned returns whether the answer is no longer needed; checked as often
	 * as the model allows
	 * @return one of the question's answers
	 * @throws CancellationException if the question was abandoned
	 * @throws ClassificationException if the model fails to answer
	 */
	String answer(Question question, BooleanSupplier abandoned);

	/**
	 * Releases the model. It is not used any more when this method is called.
	 */
	@Override
	void close();

}
