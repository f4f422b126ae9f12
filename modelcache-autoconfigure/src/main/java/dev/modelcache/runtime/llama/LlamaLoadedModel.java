package dev.modelcache.runtime.llama;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.Question;
import dev.modelcache.runtime.llama.LlamaProcess.Asked;
import dev.modelcache.runtime.llama.Request.Reply;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model that llama.cpp runs in a process of its own. If that ends by itself, the next
 * question starts another.
 */
final class LlamaLoadedModel implements LoadedModel {

	private static final Logger logger = LoggerFactory.getLogger(LlamaLoadedModel.class);

	/** How often it is asked whether anybody still waits. */
	private static final Duration LOOK = Duration.ofMillis(10);

	private final Starter starter;

	private LlamaProcess process;

	private boolean closed;

	/**
	 * Starts the process and waits until the model is loaded.
	 * @param starter starts it
	 * @throws IOException if there is no process, or it does not load the model
	 */
	LlamaLoadedModel(Starter starter) throws IOException {
		this.starter = starter;
		this.process = started(starter);
	}

	private static LlamaProcess started(Starter starter) throws IOException {
		LlamaProcess process = starter.start();
		Reply reply = process.loaded().join();
		if (!reply.succeeded()) {
			process.close();
			throw new IOException(reply.text());
		}
		return process;
	}

	@Override
	public String answer(Question question, BooleanSupplier abandoned) {
		LlamaProcess process = running();
		Asked asked = process.ask(question);
		Reply reply = await(asked, abandoned);
		if (reply == null) {
			process.cancel(asked);
			throw new CancellationException("nobody waits for the answer");
		}
		if (!reply.succeeded()) {
			throw new ClassificationException("llama.cpp gave no answer: " + reply.text(),
					"If the text is too long, shorten it or raise hooks.llm.llama.context-size", null);
		}
		if (!question.answers().contains(reply.text())) {
			throw new ClassificationException("the model gave none of the possible answers",
					"Check that its vocabulary can write them", null);
		}
		return reply.text();
	}

	private static @Nullable Reply await(Asked asked, BooleanSupplier abandoned) {
		while (!abandoned.getAsBoolean()) {
			try {
				return asked.reply().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (TimeoutException ex) {
				// Looks again whether anybody waits.
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

	private synchronized LlamaProcess running() {
		String end = this.process.end();
		if (this.closed || end == null) {
			return this.process;
		}
		logger.warn("llama.cpp: {}. It is started again", end);
		this.process.close();
		try {
			this.process = started(this.starter);
			return this.process;
		}
		catch (IOException ex) {
			throw new ClassificationException("llama.cpp cannot be started again: " + ex.getMessage(),
					"Look at what its process said, and at the memory that there is", ex);
		}
	}

	@Override
	public synchronized void close() {
		this.closed = true;
		this.process.close();
	}

	/**
	 * Returns the process that runs the model.
	 * @return the process
	 */
	synchronized ProcessHandle handle() {
		return this.process.handle();
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

}
