/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.llama.Request.Reply;
import dev.modelcache.runtime.Question;
import org.jspecify.annotations.Nullable;

/**
 * Process that runs a model. It exits when this process ends, even if this process is
 * killed.
 * <p>
 * <em>Thread-safety</em>: questions must be asked one at a time, each after the previous
 * reply; the other methods may be called from any thread. <em>Blocking</em>: only
 * {@link #close} blocks, for about two seconds at most.
 */
final class LlamaProcess implements Closeable {

	private static final String ERRORS = "stderr.log";

	/** Where the JVM writes its report about a crash. */
	static final String CRASH_REPORT = "crash.log";

	private static final int LONGEST_ERROR = 400;

	/** The log of a load has the metadata of the model, each value cut off. */
	private static final int READ_OF_ERRORS = 1 << 20;

	/** Errors in the log of llama.cpp, which has a letter for each level. */
	private static final Pattern LOGGED = Pattern
		.compile("([DIWE]) (?:srv +)?(?:\\w+: )?(?:error loading model: )*(.*)");

	/** What llama.cpp prints besides, before it gives up or ends. */
	private static final Pattern PRINTED = Pattern
		.compile("gguf_init_\\w+: (.*)" + "|(.*(?:GGML_ASSERT|GGML_ABORT|terminate called|what\\(\\)|OutOfMemory).*)");

	private static final Pattern CRASH = Pattern.compile("#\\s+(SIG[A-Z]+|EXCEPTION_[A-Z_]+) \\(0x.*");

	/** Exit codes of processes that a signal ended are 128 and its number. */
	private static final Map<Integer, String> SIGNALS = Map.of(4, "SIGILL", 5, "SIGTRAP", 6, "SIGABRT", 7, "SIGBUS", 8,
			"SIGFPE", 10, "SIGBUS", 11, "SIGSEGV", 31, "SIGSYS");

	/** A processor without an instruction, or a system call that is not allowed. */
	private static final Set<String> SIGNALS_OF_THE_MACHINE = Set.of("SIGILL", "EXCEPTION_ILLEGAL_INSTRUCTION",
			"SIGSYS");

	/**
	 * What an assertion ends with, such as the one that mapped weights are aligned, and
	 * what a mapped page ends with that cannot be read.
	 */
	private static final Set<String> SIGNALS_OF_MAPPING = Set.of("SIGABRT", "SIGBUS", "EXCEPTION_IN_PAGE_ERROR");

	/** What the report of a crash says of a signal that another process sent. */
	private static final Pattern SENT = Pattern.compile("siginfo: .*\\(SI_USER\\).*");

	private static final int SIGNALED = 128;

	private static final int KILLED = SIGNALED + 9;

	private static final int GRACE_SECONDS = 2;

	/** The report of a crash may take a while. */
	private static final int CRASH_SECONDS = 60;

	/** Fraction of a core: an idle JVM uses less, a JVM that computes uses more. */
	private static final double IDLE = 0.005;

	private final Process process;

	private final Path directory;

	/** The next reply. The first one says whether the model is loaded. */
	private CompletableFuture<Reply> next = new CompletableFuture<>();

	/** Requests to write; an empty value marks the end. */
	private final BlockingQueue<Optional<Request>> requests = new LinkedBlockingQueue<>();

	private int questions;

	/** The time at which the processor time was read, while a reply is expected. */
	private @Nullable Instant read;

	private Duration processorTime = Duration.ZERO;

	private @Nullable Reply end;

	private volatile boolean mappingSuspected;

	private LlamaProcess(Process process, Path directory) {
		this.process = process;
		this.directory = directory;
		start(this::listen, "modelcache-llama");
		start(this::write, "modelcache-llama-requests");
	}

	private static void start(Runnable task, String name) {
		Thread thread = new Thread(task, name);
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * Starts a process.
	 * @param model the file
	 * @param contextSize the maximum number of tokens of a prompt and its answer
	 * @param settings the settings
	 * @return the process, which can be asked when {@link #loaded} has completed
	 * @throws IOException if it cannot be started
	 */
	static LlamaProcess start(Path model, int contextSize, LlamaSettings settings) throws IOException {
		Path directory = ProcessCommand.directory();
		try {
			List<String> command = ProcessCommand.of(directory);
			command.addAll(LlamaMain.arguments(directory, model, contextSize, settings));
			ProcessBuilder builder = new ProcessBuilder(command).redirectError(directory.resolve(ERRORS).toFile());
			ProcessCommand.reduce(builder.environment(), settings.environment());
			return new LlamaProcess(builder.start(), directory);
		}
		catch (IOException | RuntimeException ex) {
			LlamaMain.delete(directory);
			throw ex;
		}
	}

	/**
	 * Returns a future that completes when the model is loaded or rejected.
	 * @return the reply
	 */
	synchronized CompletableFuture<Reply> loaded() {
		return this.next;
	}

	private void listen() {
		try (DataInputStream replies = new DataInputStream(new BufferedInputStream(this.process.getInputStream()))) {
			while (true) {
				Reply reply = Reply.read(replies);
				expected().complete(reply);
			}
		}
		catch (IOException ex) {
			// It has ended, or its answer is not understood.
		}
		finally {
			Reply last = end(awaitExit());
			ended(last).complete(last);
			this.requests.add(Optional.empty());
		}
	}

	private synchronized CompletableFuture<Reply> expected() {
		return this.next;
	}

	private synchronized CompletableFuture<Reply> ended(Reply last) {
		this.end = last;
		return this.next;
	}

	/**
	 * A process that crashes is not killed: first the JVM prints a report, which is not a
	 * message, to the standard output.
	 */
	private int awaitExit() {
		try {
			if (!this.process.waitFor(CRASH_SECONDS, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
			return this.process.waitFor();
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
			return KILLED;
		}
	}

	private Reply end(int exitCode) {
		List<String> report = lines(CRASH_REPORT);
		String signal = report.stream()
			.map(CRASH::matcher)
			.filter(Matcher::matches)
			.map((crash) -> crash.group(1))
			.findFirst()
			.orElse(SIGNALS.get(exitCode - SIGNALED));
		String reasons = reasons(lines(ERRORS));
		String end = (signal != null) ? "its process crashed with the signal " + signal
				: "its process ended with exit code " + exitCode
						+ ((exitCode == KILLED) ? ", because it was killed, for example when memory ran out" : "");
		boolean refused = signal != null && !SIGNALS_OF_THE_MACHINE.contains(signal)
				&& report.stream().noneMatch((line) -> SENT.matcher(line).matches());
		this.mappingSuspected = refused && signal != null && SIGNALS_OF_MAPPING.contains(signal);
		return new Reply(false, refused, reasons.isEmpty() ? end : end + ": " + reasons);
	}

	/**
	 * Returns why a model cannot be loaded.
	 * @param failure the reply of the process
	 * @return what llama.cpp printed about it, or else the text of the reply
	 */
	String reasonOf(Reply failure) {
		synchronized (this) {
			if (failure == this.end) {
				return failure.text();
			}
		}
		String reasons = reasons(lines(ERRORS));
		return reasons.isEmpty() ? failure.text() : reasons;
	}

	/** Returns the lines that tell reasons, or all if none does. */
	private static String reasons(List<String> output) {
		Set<String> reasons = new LinkedHashSet<>();
		for (String line : output) {
			Matcher logged = LOGGED.matcher(line);
			Matcher printed = PRINTED.matcher(line);
			if (logged.matches()) {
				if (logged.group(1).equals("E")) {
					reasons.add(logged.group(2));
				}
			}
			else if (printed.matches()) {
				reasons.add((printed.group(1) != null) ? printed.group(1) : printed.group(2));
			}
		}
		// What it says last is only that it failed.
		if (reasons.stream().anyMatch((reason) -> !reason.contains("failed to load model"))) {
			reasons.removeIf((reason) -> reason.contains("failed to load model"));
		}
		String text = String.join("; ", reasons.isEmpty() ? others(output) : reasons)
			.replaceAll("[\\s\\p{Cntrl}]+", " ")
			.strip();
		return text.substring(0, Math.min(text.length(), LONGEST_ERROR));
	}

	private static List<String> others(List<String> output) {
		return output.stream().filter((line) -> !line.startsWith("#") && !LOGGED.matcher(line).matches()).toList();
	}

	/** Returns the lines of a file of the process, up to the end of the log. */
	private List<String> lines(String file) {
		try (InputStream content = Files.newInputStream(this.directory.resolve(file))) {
			return new String(content.readNBytes(READ_OF_ERRORS), StandardCharsets.UTF_8).lines()
				.takeWhile((line) -> !line.contains(Inference.END_OF_LOG))
				.filter((line) -> !line.isBlank())
				.toList();
		}
		catch (IOException ex) {
			return List.of();
		}
	}

	/**
	 * Writes requests on a dedicated thread, because a process that does not read its
	 * input blocks the writer.
	 */
	private void write() {
		try (OutputStream out = this.process.getOutputStream()) {
			Optional<Request> request = this.requests.take();
			while (request.isPresent()) {
				request.get().write(out);
				request = this.requests.take();
			}
		}
		catch (IOException ex) {
			this.process.destroyForcibly();
		}
		catch (InterruptedException ex) {
			// Not interrupted.
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Asks a question. There must be no open question.
	 * @param question the question
	 * @return the number of the question and its reply
	 */
	Asked ask(Question question) {
		Asked asked = begin();
		if (!asked.reply().isDone()) {
			this.requests.add(Optional.of(new Request(asked.id(), false, question.prompt(), question.answers(),
					question.temperature(), question.seed())));
		}
		return asked;
	}

	private synchronized Asked begin() {
		this.questions++;
		this.read = null;
		this.next = (this.end != null) ? CompletableFuture.completedFuture(this.end) : new CompletableFuture<>();
		return new Asked(this.questions, this.next);
	}

	/**
	 * Cancels a question. The process still replies to it.
	 * @param asked the question
	 */
	void cancel(Asked asked) {
		if (!asked.reply().isDone()) {
			this.requests.add(Optional.of(Request.cancellationOf(asked.id())));
		}
	}

	/**
	 * Terminates the process if a reply is expected and the process has not computed for
	 * some time, because it is suspended or blocked. Does nothing if the processor time
	 * of the process is unknown.
	 * @param now the current time
	 * @param patience the maximum idle time
	 * @return whether the process was terminated
	 */
	synchronized boolean endIfStuck(Instant now, Duration patience) {
		Optional<Duration> total = this.process.info().totalCpuDuration();
		if (this.next.isDone() || total.isEmpty()) {
			return false;
		}
		if (this.read != null && Duration.between(this.read, now).compareTo(patience) < 0) {
			return false;
		}
		boolean stuck = this.read != null && total.get().minus(this.processorTime).toMillis() < IDLE
				* Duration.between(this.read, now).toMillis();
		this.read = now;
		this.processorTime = total.get();
		if (stuck) {
			this.process.destroyForcibly();
		}
		return stuck;
	}

	/**
	 * Returns why the process ended.
	 * @return the reason, or {@code null} while it runs
	 */
	synchronized @Nullable String end() {
		return (this.end != null) ? this.end.text() : null;
	}

	/**
	 * Returns whether the process ended as it does if it cannot map the file.
	 * @return {@code true} if the file may be read instead
	 */
	boolean isMappingSuspected() {
		return this.mappingSuspected;
	}

	/**
	 * Returns the process.
	 * @return the process
	 */
	ProcessHandle handle() {
		return this.process.toHandle();
	}

	/**
	 * Terminates the process and waits until it has exited.
	 */
	@Override
	public void close() {
		this.requests.add(Optional.empty());
		try {
			if (!this.process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
		// Not for long, as it is killed; not interrupted, as it still has the directory.
		this.process.onExit().join();
		LlamaMain.delete(this.directory);
	}

	/**
	 * Question that was asked.
	 *
	 * @param id the number of the question
	 * @param reply completes with the reply
	 */
	record Asked(int id, CompletableFuture<Reply> reply) {

	}

}
