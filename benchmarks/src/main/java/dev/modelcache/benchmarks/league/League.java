/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks.league;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.NetworkCase;
import dev.modelcache.testsupport.NetworkCases;
import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;

/**
 * Lets this cache and other tools fetch the same file from servers that answer in every
 * case of {@link NetworkCases}, and prints who arrived with the right bytes.
 * <p>
 * Arguments: parts of the names of cases, to run those alone. The exit status is 1 if any
 * file of this cache was wrong, or another tool arrived where this cache did not and
 * should.
 */
public final class League {

	private static final int AT_ONCE = 6;

	private static final Content CONTENT = NetworkCases.model(12 << 20);

	private League() {
	}

	/**
	 * Runs it.
	 * @param arguments parts of names of cases
	 * @throws Exception if a server or a program cannot be started
	 */
	public static void main(String[] arguments) throws Exception {
		List<Tool> tools = Tool.all();
		Map<NetworkCase, List<Outcome>> table = new LinkedHashMap<>();
		List<NetworkCase> cases = new NetworkCases(CONTENT).all()
			.filter((given) -> arguments.length == 0
					|| List.of(arguments).stream().anyMatch((part) -> given.toString().contains(part)))
			.toList();
		// Most of the time is spent on waiting for tools that hang.
		ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
		Map<NetworkCase, Future<List<Outcome>>> running = new LinkedHashMap<>();
		cases.forEach((given) -> running.put(given, threads.submit(() -> run(tools, given))));
		for (Map.Entry<NetworkCase, Future<List<Outcome>>> given : running.entrySet()) {
			table.put(given.getKey(), given.getValue().get());
		}
		threads.shutdown();
		print(tools, table);
		System.exit(isLost(table) ? 1 : 0);
	}

	private static List<Outcome> run(List<Tool> tools, NetworkCase given) throws Exception {
		List<Outcome> outcomes = new ArrayList<>();
		for (Tool tool : tools) {
			outcomes.add(run(tool, given));
		}
		System.err.println(given + ": " + outcomes);
		return outcomes;
	}

	private static Outcome run(Tool tool, NetworkCase given) throws Exception {
		Path directory = Files.createTempDirectory("league");
		try (MisbehavingServer server = given.start(CONTENT); ConnectProxy proxy = given.startProxy(server)) {
			Path file = tool.fetch(given, server, proxy, CONTENT, directory);
			// Others keep a compressed file as it is.
			boolean right = isRight(file, given.expected(CONTENT))
					|| (!(tool instanceof Tool.Ours) && isRight(file, CONTENT));
			return (file == null) ? Outcome.GAVE_UP : right ? Outcome.ARRIVED : Outcome.WRONG_FILE;
		}
		finally {
			FileSystemUtils.deleteRecursively(directory);
		}
	}

	private static boolean isRight(@Nullable Path file, Content content) throws IOException {
		return file != null && Files.size(file) == content.size()
				&& Content.of(Files.readAllBytes(file)).sha256().equals(content.sha256());
	}

	private static boolean isLost(Map<NetworkCase, List<Outcome>> table) {
		return table.entrySet()
			.stream()
			.anyMatch((row) -> row.getValue().get(0) == Outcome.WRONG_FILE || (row.getKey().code() == null
					&& row.getValue().get(0) == Outcome.GAVE_UP && row.getValue().contains(Outcome.ARRIVED)));
	}

	private static void print(List<Tool> tools, Map<NetworkCase, List<Outcome>> table) {
		System.out.println("| case | " + tools.stream().map(Tool::name).collect(Collectors.joining(" | ")) + " |");
		System.out.println("|---".repeat(tools.size() + 1) + "|");
		table.forEach((given, outcomes) -> System.out.println("| " + given.toString().replace("|", "\\|") + " | "
				+ outcomes.stream().map(Outcome::toString).collect(Collectors.joining(" | ")) + " |"));
		for (Outcome outcome : Outcome.values()) {
			System.out.println("| **" + outcome + "**, of " + table.size() + " | "
					+ tools.stream()
						.map(tools::indexOf)
						.map((tool) -> table.values().stream().filter((row) -> row.get(tool) == outcome).count())
						.map((count) -> "**" + count + "**")
						.collect(Collectors.joining(" | "))
					+ " |");
		}
	}

	/**
	 * What came of one tool in one case.
	 */
	private enum Outcome {

		/** The tool calls a file complete that is another one. */
		WRONG_FILE,

		/** The tool reports a failure, or has not ended in time. */
		GAVE_UP,

		/** The right bytes. */
		ARRIVED;

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT).replace('_', ' ');
		}

	}

}
