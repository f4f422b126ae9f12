/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Another JVM with the class path of the tests. What it prints, to either stream, is kept
 * line by line. It may end after one thing, or {@linkplain #serve serve} one task after
 * the other, which is much cheaper than a JVM for each.
 */
public final class ForkedJvm implements AutoCloseable {

	/**
	 * For a process that lives for seconds. What a test asks for comes later and wins.
	 */
	private static final List<String> OPTIONS = List.of("-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

	private static final String FAILED = "failed";

	private final Process process;

	private final List<String> lines = new ArrayList<>();

	private final Thread reader = new Thread(this::read, "forked-jvm-output");

	private boolean ended;

	private int tasks;

	private ForkedJvm(Process process) {
		this.process = process;
		this.reader.setDaemon(true);
		this.reader.start();
	}

	/**
	 * Starts a JVM.
	 * @param main its main class
	 * @param options options of the JVM, such as {@code -Xmx64m}
	 * @param arguments arguments of the main method
	 * @return the running JVM
	 */
	public static ForkedJvm start(Class<?> main, List<String> options, Object... arguments) {
		return start(main.getName(), classPath(), options, arguments);
	}

	/**
	 * Starts a JVM by another program, such as one that changes the user.
	 * @param wrapper the program and its arguments, to which the command is added
	 * @param main the main class
	 * @param options options of the JVM, such as {@code -Xmx64m}
	 * @param arguments arguments of the main method
	 * @return the running JVM
	 */
	public static ForkedJvm startBy(List<String> wrapper, Class<?> main, List<String> options, Object... arguments) {
		return start(wrapper, main.getName(), classPath(), options, arguments);
	}

	/**
	 * Returns the class path of this JVM.
	 * @return the class path, also where a manifest holds it
	 */
	public static String classPath() {
		return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
	}

	/**
	 * Starts a JVM with a class path of its own.
	 * @param main the name of its main class
	 * @param classPath its class path
	 * @param options options of the JVM, such as {@code -Xmx64m}
	 * @param arguments arguments of the main method
	 * @return the running JVM
	 */
	public static ForkedJvm start(String main, String classPath, List<String> options, Object... arguments) {
		return start(List.of(), main, classPath, options, arguments);
	}

	private static ForkedJvm start(List<String> wrapper, String main, String classPath, List<String> options,
			Object... arguments) {
		List<String> command = new ArrayList<>(wrapper);
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(OPTIONS);
		command.addAll(options);
		command.add(main);
		for (Object argument : arguments) {
			command.add(argument.toString());
		}
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
		builder.environment().put("CLASSPATH", classPath);
		try {
			return new ForkedJvm(builder.start());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void read() {
		try (BufferedReader output = new BufferedReader(
				new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8))) {
			String line = output.readLine();
			while (line != null) {
				add(line);
				line = output.readLine();
			}
		}
		catch (IOException ex) {
			add("output ended: " + ex);
		}
		finally {
			synchronized (this.lines) {
				this.ended = true;
				this.lines.notifyAll();
			}
		}
	}

	private void add(String line) {
		synchronized (this.lines) {
			this.lines.add(line);
			this.lines.notifyAll();
		}
	}

	/**
	 * Waits for a line.
	 * @param beginning how the line begins
	 * @param patience how long to wait
	 * @return the whole line
	 */
	public String awaitLine(String beginning, Duration patience) {
		return awaitLine((line) -> line.startsWith(beginning), beginning, patience);
	}

	private String awaitLine(Predicate<String> wanted, String description, Duration patience) {
		long deadline = System.nanoTime() + patience.toNanos();
		synchronized (this.lines) {
			while (true) {
				for (String line : this.lines) {
					if (wanted.test(line)) {
						return line;
					}
				}
				long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
				if (left <= 0 || this.ended) {
					throw new AssertionError("no line '" + description + "' in " + String.join("\n", this.lines));
				}
				await(left);
			}
		}
	}

	private void await(long millis) {
		try {
			this.lines.wait(millis);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Writes a line to the standard input of the JVM.
	 * @param line the line
	 */
	public void tell(String line) {
		try {
			this.process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
			this.process.getOutputStream().flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Has the JVM perform a task, after those before it.
	 * @param patience how long to wait for the answer
	 * @param words what to do, without tabs and ends of lines
	 * @return the answer
	 */
	public synchronized String ask(Duration patience, Object... words) {
		String number = "task-" + ++this.tasks;
		tell(Stream.concat(Stream.of(number), Stream.of(words))
			.map(Object::toString)
			.collect(Collectors.joining("\t")));
		String answer = awaitLine(number + " ", patience).substring(number.length() + 1);
		if (answer.equals(FAILED)) {
			throw new AssertionError(output());
		}
		return answer;
	}

	/**
	 * Performs the tasks that this process is {@linkplain #ask asked} to perform, until
	 * the one that asks has closed this JVM or ended.
	 * @param task takes the words and returns the answer
	 * @throws IOException if the standard input cannot be read
	 */
	public static void serve(Task task) throws IOException {
		BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line = input.readLine(); line != null; line = input.readLine()) {
			String[] words = line.split("\t", -1);
			String answer = FAILED;
			try {
				answer = task.perform(Arrays.copyOfRange(words, 1, words.length)).replaceAll("\\R", " ");
			}
			catch (Throwable ex) {
				ex.printStackTrace();
			}
			// Something else may have printed a part of a line.
			System.out.println("\n" + words[0] + " " + answer);
		}
		System.exit(0);
	}

	/**
	 * Ends the JVM as {@code kill -9} does, and waits until it is gone.
	 */
	public void kill() {
		this.process.destroyForcibly();
		awaitEnd(Duration.ofMinutes(3));
	}

	/**
	 * Waits for the end of the JVM and of its output.
	 * @param patience how long to wait
	 * @return its exit code
	 */
	public int awaitExit(Duration patience) {
		awaitEnd(patience);
		try {
			// The last lines may still be in the pipe. A child may keep it open.
			this.reader.join(patience.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		return this.process.exitValue();
	}

	private void awaitEnd(Duration patience) {
		try {
			if (!this.process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
				throw new AssertionError("still running after " + patience + ":\n" + output());
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Returns what it printed so far.
	 * @return the lines
	 */
	public String output() {
		synchronized (this.lines) {
			return String.join("\n", this.lines);
		}
	}

	/**
	 * Returns its process id.
	 * @return the id
	 */
	public long pid() {
		return this.process.pid();
	}

	/**
	 * Returns the process, to signal it.
	 * @return the process
	 */
	public ProcessHandle handle() {
		return this.process.toHandle();
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
	}

	/** What a JVM is asked to do. */
	@FunctionalInterface
	public interface Task {

		/**
		 * Performs it.
		 * @param words what to do
		 * @return what comes of it
		 * @throws Exception if that could not be found out
		 */
		String perform(String[] words) throws Exception;

	}

}
