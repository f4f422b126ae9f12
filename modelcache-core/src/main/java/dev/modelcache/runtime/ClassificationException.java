/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a text could not be classified.
 */
public class ClassificationException extends RuntimeException {

	/**
	 * Creates an exception.
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the cause, or {@code null}
	 */
	public ClassificationException(String problem, String action, @Nullable Throwable cause) {
		super(problem + ". " + action + ".", cause);
	}

}
