/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

import dev.modelcache.llama.LlamaProcess.Asked;
import dev.modelcache.llama.Request.Reply;
import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.Question;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Model that llama.cpp runs in a separate process. Questions are asked one after the
 * other; the next one waits until the previous one is answered, even if it was cancelled.
 * If the process exits unexpectedly, the next question starts a new one. A process that
 * does not answer and does not compute is terminated.
 */
final class LlamaLoadedModel implements LoadedModel {

	/** Time before a process that has never answered is started again. */
	static final Duration PAUSE = Duration.ofSeconds(10);

	private static final Logger logger = LoggerFactory.getLogger(LlamaLoadedModel.class);

	/** Interval at which to check whether the answer is still needed. */
	private static final Duration LOOK = Duration.ofMillis(10);

	/** Maximum time without computation while an answer is expected. */
	static final Duration IDLE_WHILE_ASKED = Duration.ofSeconds(20);

	/** Longer, because a process does not compute while it waits for a slow disk. */
	static final Duration IDLE_WHILE_LOADING = Duration.ofMinutes(5);

	/**
	 * Maximum number of characters, which exceeds the number of tokens of any context.
	 */
	private static final int LONGEST_PROMPT = 1 << 20;

	private final Starter starter;

	private final Clock clock;

	/** Held from a question to its answer. */
	private final Semaphore turn = new Semaphore(1);

	private volatile LlamaProcess process;

	private volatile boolean answered;

	private volatile boolean closed;

	/** Guarded by {@link #turn}. */
	private Instant notBefore = Instant.MIN;

	/**
	 * Starts the process and waits until the model is loaded.
	 * @param starter starts the process
	 * @param clock the clock
	 * @throws RefusedFileException if the model cannot be loaded, and its file may be the
	 * reason
	 * @throws IOException if the process cannot be started or does not load the model
	 */
	LlamaLoadedModel(Starter starter, Clock clock) throws IOException {
		this.starter = starter;
		this.clock = clock;
		this.process = started();
	}

	private LlamaProcess started() throws IOException {
		LlamaProcess process = this.starter.start();
		boolean loaded = false;
		try {
			Reply reply = awaitLoaded(process);
			loaded = reply.succeeded();
			if (!loaded) {
				String reason = process.reasonOf(reply);
				throw reply.refused() ? new RefusedFileException(reason, process.isMappingSuspected())
						: new IOException(reason);
			}
			return process;
		}
		catch (ExecutionException ex) {
			throw new IOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("loading was interrupted", ex);
		}
		finally {
			if (!loaded) {
				process.close();
			}
		}
	}

	private Reply awaitLoaded(LlamaProcess process) throws InterruptedException, ExecutionException, IOException {
		while (true) {
			try {
				return process.loaded().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (TimeoutException ex) {
				if (this.closed) {
					throw new IOException("the model was closed while it was being loaded");
				}
				if (process.endIfStuck(this.clock.instant(), IDLE_WHILE_LOADING)) {
					throw new IOException("its process was idle for " + IDLE_WHILE_LOADING.toMinutes() + " minutes "
							+ "while loading the model and was terminated");
				}
			}
		}
	}

	@Override
	public String answer(Question question, BooleanSupplier abandoned) {
		if (question.prompt().length() > LONGEST_PROMPT) {
			throw new ClassificationException("the text has more than " + LONGEST_PROMPT + " characters", "Shorten it",
					null);
		}
		Reply reply = reply(question, abandoned);
		if (!reply.succeeded()) {
			throw new ClassificationException("llama.cpp did not answer: " + reply.text(),
					"If the text is too long, shorten it or increase hooks.llm.llama.context-size", null);
		}
		this.answered = true;
		if (!question.answers().contains(reply.text())) {
			throw new ClassificationException("the model answered with none of the possible answers",
					"Check that the vocabulary of the model contains them", null);
		}
		return reply.text();
	}

	private Reply reply(Question question, BooleanSupplier abandoned) {
		awaitTurn(abandoned);
		Asked asked;
		LlamaProcess asking;
		try {
			asking = running();
			asked = asking.ask(question);
		}
		catch (RuntimeException | Error ex) {
			this.turn.release();
			throw ex;
		}
		// The turn is released before the reply is returned: the caller can ask again.
		Future<Reply> answer = asked.reply().whenComplete((reply, failure) -> this.turn.release());
		Reply reply = await(asking, answer, abandoned);
		if (reply == null) {
			asking.cancel(asked);
			throw nobodyWaits();
		}
		return reply;
	}

	private void awaitTurn(BooleanSupplier abandoned) {
		try {
			while (!this.turn.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
				if (abandoned.getAsBoolean()) {
					throw nobodyWaits();
				}
				endIfStuck(this.process);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw nobodyWaits();
		}
	}

	private @Nullable Reply await(LlamaProcess asking, Future<Reply> answer, BooleanSupplier abandoned) {
		while (!abandoned.getAsBoolean()) {
			try {
				return answer.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (TimeoutException ex) {
				// Looks again whether a caller waits.
				endIfStuck(asking);
			}
			catch (ExecutionException ex) {
				throw new IllegalStateException(ex);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return null;
			}
		}
		return null;
	}

	private void endIfStuck(LlamaProcess asked) {
		if (asked.endIfStuck(this.clock.instant(), IDLE_WHILE_ASKED)) {
			logger.warn("llama.cpp was idle for {} s while an answer was expected; its process {} was terminated",
					IDLE_WHILE_ASKED.toSeconds(), asked.handle().pid());
		}
	}

	private static CancellationException nobodyWaits() {
		return new CancellationException("the question was cancelled");
	}

	private LlamaProcess running() {
		String end = this.process.end();
		if (end == null || this.closed) {
			return this.process;
		}
		if (!this.answered && this.clock.instant().isBefore(this.notBefore)) {
			throw gone(end, "The next attempt is possible after " + PAUSE.toSeconds() + " s", null);
		}
		logger.warn("llama.cpp: {}. Its process is started again", end);
		this.process.close();
		try {
			this.process = started();
		}
		catch (IOException ex) {
			throw gone(end, "Check the output of its process and the available memory", ex);
		}
		finally {
			this.answered = false;
			this.notBefore = this.clock.instant().plus(PAUSE);
		}
		if (this.closed) {
			this.process.close();
		}
		return this.process;
	}

	private static ClassificationException gone(String end, String action, @Nullable IOException failure) {
		return new ClassificationException((failure != null)
				? "llama.cpp cannot be started again: " + failure.getMessage() : "llama.cpp is not running: " + end,
				action, failure);
	}

	@Override
	public void close() {
		this.closed = true;
		this.process.close();
	}

	/**
	 * Returns the process that runs the model.
	 * @return the process
	 */
	ProcessHandle handle() {
		return this.process.handle();
	}

	/**
	 * Returns whether the process exited unexpectedly.
	 * @return {@code true} if it did and was not started again
	 */
	boolean hasEnded() {
		return this.process.end() != null;
	}

	/**
	 * Starts processes.
	 */
	@FunctionalInterface
	interface Starter {

		/**
		 * Starts a process.
		 * @return the process
		 * @throws IOException if it cannot be started
		 */
		LlamaProcess start() throws IOException;

	}

	/**
	 * A model cannot be loaded, and its file may be the reason.
	 */
	static final class RefusedFileException extends IOException {

		private final boolean mappingSuspected;

		RefusedFileException(String message, boolean mappingSuspected) {
			super(message);
			this.mappingSuspected = mappingSuspected;
		}

		/** Returns whether it may be that the file cannot be mapped. */
		boolean isMappingSuspected() {
			return this.mappingSuspected;
		}

	}

}
