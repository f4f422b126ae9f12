/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

import com.sun.management.OperatingSystemMXBean;

/**
 * The program that a script drives while it runs other tools in between: it reads a
 * command a line from standard input, and answers with one line each, a number or
 * {@code error} and a reason. Its one argument is the directory that it works in.
 *
 * <pre>
 * download CONNECTIONS DIGEST URL [MIRROR...]   fetches the model, removes it; seconds, and seconds of processor
 * get CONNECTIONS DIGEST URL [MIRROR...]        fetches the model if it is not there; the same
 * simple DIGEST URL                             fetches with the simple pipeline; the same
 * look-up TIMES DIGEST URL                      asks that often for a model that is there; median seconds
 * verify TIMES DIGEST URL                       reads the published file again; median seconds
 * memory                                        peak resident set of this process; KiB
 * </pre>
 */
final class EndToEnd {

	private static final OperatingSystemMXBean PROCESSOR = ManagementFactory
		.getPlatformMXBean(OperatingSystemMXBean.class);

	private final Path directory;

	private final SimplePipeline simple = new SimplePipeline();

	private final Map<List<String>, ModelUnderTest> models = new HashMap<>();

	private EndToEnd(Path directory) {
		this.directory = directory;
	}

	/**
	 * Answers commands until standard input ends.
	 * @param arguments the directory to work in
	 * @throws IOException if standard input cannot be read
	 */
	public static void main(String[] arguments) throws IOException {
		PrintStream answers = System.out;
		System.setOut(System.err);
		EndToEnd program = new EndToEnd(Path.of(arguments[0]));
		BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line = commands.readLine(); line != null; line = commands.readLine()) {
			answers.println(program.answer(line.strip().split(" ")));
		}
		program.models.values().forEach(ModelUnderTest::close);
	}

	private String answer(String[] command) {
		try {
			return run(command[0], Arrays.asList(command).subList(1, command.length));
		}
		catch (IOException | RuntimeException ex) {
			ex.printStackTrace();
			return "error " + ex;
		}
	}

	private String run(String verb, List<String> arguments) throws IOException {
		return switch (verb) {
			case "download" -> {
				ModelUnderTest model = model(arguments);
				model.evict();
				String measured = measure(model::download);
				model.evict();
				yield measured;
			}
			case "get" -> {
				ModelUnderTest model = model(arguments);
				yield measure(model::get);
			}
			case "look-up" -> repeated(arguments, ModelUnderTest::get);
			case "verify" -> repeated(arguments, ModelUnderTest::verify);
			case "simple" -> simple(arguments.get(0), URI.create(arguments.get(1)));
			case "memory" -> Long.toString(peakMemory());
			default -> "error unknown command " + verb;
		};
	}

	/**
	 * Starts the application for a model, or finds it running: that is never measured.
	 */
	private ModelUnderTest model(List<String> arguments) {
		return this.models.computeIfAbsent(arguments, (key) -> {
			List<URI> sources = key.subList(2, key.size()).stream().map(URI::create).toList();
			return ModelUnderTest.start(this.directory.resolve("cache"), key.get(1), sources,
					Integer.parseInt(key.get(0)));
		});
	}

	private String repeated(List<String> arguments, Consumer<ModelUnderTest> action) {
		double[] seconds = new double[Integer.parseInt(arguments.get(0))];
		ModelUnderTest model = model(List.of("0", arguments.get(1), arguments.get(2)));
		model.get();
		for (int i = 0; i < seconds.length; i++) {
			seconds[i] = seconds(() -> action.accept(model));
		}
		Arrays.sort(seconds);
		return format(seconds[seconds.length / 2]);
	}

	private String simple(String digest, URI source) throws IOException {
		Path target = this.directory.resolve("simple");
		try {
			return measure(() -> this.simple.download(source, target, digest, Duration.ofHours(1)));
		}
		finally {
			Files.deleteIfExists(target);
		}
	}

	private static String measure(Runnable action) {
		long cpuBefore = PROCESSOR.getProcessCpuTime();
		double seconds = seconds(action);
		return format(seconds) + ' ' + format((PROCESSOR.getProcessCpuTime() - cpuBefore) / 1e9);
	}

	private static double seconds(Runnable action) {
		long start = System.nanoTime();
		action.run();
		return (System.nanoTime() - start) / 1e9;
	}

	private static String format(double seconds) {
		return String.format(Locale.ROOT, "%.6f", seconds);
	}

	/** See proc_pid_status(5): VmHWM is the largest resident set so far, in KiB. */
	static long peakMemory() throws IOException {
		try (var lines = Files.lines(Path.of("/proc/self/status"))) {
			return lines.filter((line) -> line.startsWith("VmHWM:"))
				.mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")))
				.findFirst()
				.orElse(-1);
		}
	}

}
