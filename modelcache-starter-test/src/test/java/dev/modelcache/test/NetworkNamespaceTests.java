/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.TestContextManager;
import org.springframework.beans.factory.annotation.Autowired;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of an application with three models, in a network namespace of its own, which has
 * no network. The kernel counts there what was to leave the machine.
 */
@Tag("root")
class NetworkNamespaceTests {

	@Test
	void testThatDoesNotAskForDownloadsSendsNothing() throws Exception {
		assertThat(packetsOf("false")).isZero();
	}

	@Test
	void testThatAllowsDownloadsWouldSendSomething() throws Exception {
		assertThat(packetsOf("true")).isPositive();
	}

	private static long packetsOf(String downloadsAllowed) throws IOException, InterruptedException {
		Process process = new ProcessBuilder("unshare", "-n",
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
				"-Dmodelcache.test.allow-downloads=" + downloadsAllowed, "-cp", System.getProperty("java.class.path"),
				Program.class.getName())
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
		assertThat(process.exitValue()).as(output).isZero();
		return output.lines()
			.filter((line) -> line.startsWith(Program.RESULT))
			.mapToLong((line) -> Long.parseLong(line.substring(Program.RESULT.length())))
			.findFirst()
			.orElseThrow();
	}

	/** Runs a test and prints how many connections and packets it tried to send. */
	static final class Program {

		static final String RESULT = "packets: ";

		private Program() {
		}

		public static void main(String[] arguments) throws Exception {
			ThreeModels test = new ThreeModels();
			TestContextManager manager = new TestContextManager(ThreeModels.class);
			manager.beforeTestClass();
			manager.prepareTestInstance(test);
			for (String id : List.of("default", "second", "third")) {
				try {
					test.cache.get(id).block(Duration.ofMinutes(1));
				}
				catch (ModelCacheException ex) {
					System.out.println(ex.getMessage());
				}
			}
			System.out.println(RESULT
					+ (counter("Ip:", "OutNoRoutes") + counter("Ip:", "OutRequests") + counter("Tcp:", "ActiveOpens")));
			System.exit(0);
		}

		/** Two lines for each protocol: names, then numbers. */
		private static long counter(String protocol, String name) throws IOException {
			List<String[]> lines = Files.readAllLines(Path.of("/proc/self/net/snmp"))
				.stream()
				.map((line) -> line.split(" "))
				.filter((words) -> words[0].equals(protocol))
				.toList();
			return Long.parseLong(lines.get(1)[Arrays.asList(lines.get(0)).indexOf(name)]);
		}

	}

	@SpringBootTest(classes = NoDownloadsTests.Application.class, webEnvironment = WebEnvironment.NONE,
			properties = { "spring.config.name=no-file", "spring.main.banner-mode=off",
					"hooks.llm.url=https://192.0.2.1/m.gguf", "hooks.llm.max-attempts=0",
					"hooks.llm.models.second.url=https://192.0.2.2/m.gguf", "hooks.llm.models.second.max-attempts=0",
					"hooks.llm.models.third.url=https://192.0.2.3/m.gguf", "hooks.llm.models.third.max-attempts=0" })
	static class ThreeModels {

		@Autowired
		private ModelCache cache;

	}

}
