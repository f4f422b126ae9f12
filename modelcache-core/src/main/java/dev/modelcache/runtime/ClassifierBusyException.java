/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

/**
 * Thrown when the queue of a classifier is full. Callers should slow down and try again.
 */
public final class ClassifierBusyException extends ClassificationException {

	private final int capacity;

	public ClassifierBusyException(int capacity) {
		super(capacity + " texts are already waiting for the model", "Send fewer texts at a time, try again later "
				+ "(HTTP: 503), or increase hooks.llm.classifier.queue-capacity", null);
		this.capacity = capacity;
	}

	/**
	 * Returns the capacity of the queue.
	 * @return the maximum number of texts that wait for the model
	 */
	public int capacity() {
		return this.capacity;
	}

}
