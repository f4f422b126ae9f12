/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import dev.modelcache.CachedModel;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.Question;

/**
 * Loads models that only remember.
 */
final class FakeLoader implements ModelLoader {

	/** What was loaded. */
	final List<FakeModel> loaded = new CopyOnWriteArrayList<>();

	/** How often it was asked to load. */
	final AtomicInteger asked = new AtomicInteger();

	/** What the models say. */
	volatile Speaker speaker = (question, abandoned) -> "READ";

	/** Opens the way for loads. */
	volatile CountDownLatch gate = new CountDownLatch(0);

	/** What comes of a load, if anything does. */
	volatile Throwable failure;

	/** What comes of the first load, if anything does. */
	volatile RuntimeException failureOfFirst;

	@Override
	public LoadedModel load(CachedModel model) {
		await(this.gate);
		if (this.asked.incrementAndGet() == 1 && this.failureOfFirst != null) {
			throw this.failureOfFirst;
		}
		if (this.failure instanceof Error error) {
			throw error;
		}
		if (this.failure instanceof RuntimeException exception) {
			throw exception;
		}
		FakeModel loading = new FakeModel(model);
		this.loaded.add(loading);
		return loading;
	}

	static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/** Answers in place of a model. */
	@FunctionalInterface
	interface Speaker {

		String answer(Question question, BooleanSupplier abandoned);

	}

	/** A model; asking it after its end is a failure. */
	final class FakeModel implements LoadedModel {

		final CachedModel file;

		final List<Question> questions = new CopyOnWriteArrayList<>();

		volatile boolean closed;

		FakeModel(CachedModel file) {
			this.file = file;
		}

		@Override
		public String answer(Question question, BooleanSupplier abandoned) {
			this.questions.add(question);
			String answer = FakeLoader.this.speaker.answer(question, abandoned);
			if (this.closed) {
				throw new IllegalStateException("closed while it was asked");
			}
			return answer;
		}

		@Override
		public void close() {
			if (this.closed) {
				throw new IllegalStateException("closed twice");
			}
			this.closed = true;
		}

	}

}
