/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;

import de.kherud.llama.ModelParameters;
import dev.modelcache.llama.Request.Reply;
import org.jspecify.annotations.Nullable;

/**
 * Main class of the process that runs a model. Its class path contains only this package
 * and the llama.cpp library. It reads requests from the standard input and exits at the
 * end of the input, that is, when the application closes the model or ends.
 */
final class LlamaMain {

	private final BlockingQueue<Request> questions = new LinkedBlockingQueue<>();

	private final OutputStream replies;

	/** The latest question whose answer is no longer needed. */
	private volatile int cancelled;

	private LlamaMain(OutputStream replies) {
		this.replies = replies;
	}

	/**
	 * Loads a model and answers questions until the end of the standard input.
	 * @param arguments the arguments, as created by {@link #arguments}
	 */
	public static void main(String[] arguments) {
		Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> end(arguments, failure));
		ignoreSignals();
		// Nothing else may come between the replies: the library prints to System.out.
		LlamaMain main = new LlamaMain(new FileOutputStream(FileDescriptor.out));
		System.setOut(new PrintStream(OutputStream.nullOutputStream()));
		new Thread(() -> main.answer(arguments), "inference").start();
		DataInputStream input = new DataInputStream(new BufferedInputStream(System.in));
		try {
			while (true) {
				main.accept(Request.read(input));
			}
		}
		catch (IOException ex) {
			end(arguments, null);
		}
	}

	/**
	 * Does not call System.exit, because threads of the library may be computing a token.
	 */
	private static void end(String[] arguments, @Nullable Throwable failure) {
		if (failure != null) {
			System.err.println(failure);
		}
		else {
			delete(Path.of(arguments[0]));
		}
		Runtime.getRuntime().halt((failure != null) ? 1 : 0);
	}

	/**
	 * Ignores signals that are sent to all processes of the application, which may still
	 * need answers while it closes. The class is not part of the Java API and may be
	 * missing.
	 */
	private static void ignoreSignals() {
		try {
			Class<?> signal = Class.forName("sun.misc.Signal");
			Class<?> handler = Class.forName("sun.misc.SignalHandler");
			for (String name : List.of("INT", "TERM", "HUP")) {
				signal.getMethod("handle", signal, handler)
					.invoke(null, signal.getConstructor(String.class).newInstance(name),
							handler.getField("SIG_IGN").get(null));
			}
		}
		catch (ReflectiveOperationException ex) {
			// Then the process ends earlier than it might.
		}
	}

	/**
	 * Returns the arguments of the program.
	 * @param directory the directory of the process
	 * @param model the file
	 * @param contextSize the maximum number of tokens of a prompt and its answer
	 * @param settings the settings
	 * @return the arguments
	 */
	static List<String> arguments(Path directory, Path model, int contextSize, LlamaSettings settings) {
		return List.of(directory.toString(), model.toString(), Integer.toString(contextSize),
				Boolean.toString(settings.mmap()), (settings.threads() != null) ? settings.threads().toString() : "",
				(settings.gpuLayers() != null) ? settings.gpuLayers().toString() : "");
	}

	private static ModelParameters parameters(String[] arguments) {
		ModelParameters parameters = new ModelParameters().setModel(arguments[1])
			.setCtxSize(Integer.parseInt(arguments[2]))
			.setParallel(1)
			.disableContextShift();
		if (!Boolean.parseBoolean(arguments[3])) {
			parameters.disableMmap();
		}
		if (!arguments[4].isEmpty()) {
			parameters.setThreads(Integer.parseInt(arguments[4]));
		}
		if (!arguments[5].isEmpty()) {
			parameters.setGpuLayers(Integer.parseInt(arguments[5]));
		}
		return parameters;
	}

	private void accept(Request request) {
		if (request.cancelled()) {
			this.cancelled = request.id();
		}
		else {
			this.questions.add(request);
		}
	}

	/** Answers questions. The process ends when this thread ends. */
	private void answer(String[] arguments) {
		try {
			Inference inference;
			try {
				inference = new Inference(() -> parameters(arguments), Path.of(arguments[0]));
			}
			catch (RuntimeException | LinkageError ex) {
				Reply.failure(ex).write(this.replies);
				return;
			}
			Reply.success("").write(this.replies);
			while (true) {
				answer(inference, this.questions.take()).write(this.replies);
			}
		}
		catch (IOException | InterruptedException ex) {
			// The application is gone; so is the standard input.
		}
	}

	private Reply answer(Inference inference, Request question) {
		try {
			return Reply.success(inference.answer(question, () -> this.cancelled == question.id()));
		}
		catch (RuntimeException ex) {
			return Reply.failure(ex);
		}
	}

	/**
	 * Deletes the directory of a process, as far as possible.
	 * @param directory the directory, which has no subdirectories
	 */
	static void delete(Path directory) {
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.toList()) {
				Files.deleteIfExists(file);
			}
			Files.deleteIfExists(directory);
		}
		catch (IOException ex) {
			// On Windows, the library cannot be deleted by the process that uses it.
		}
	}

}
