/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import dev.modelcache.internal.lock.ProcessIdentity.State;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ProcessIdentity}.
 */
class ProcessIdentityTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final ProcessIdentity self = ProcessIdentity.current();

	private static String[] stat(long pid) throws Exception {
		String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
		return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
	}

	@Test
	void processThatRunsIsKnownToRunAlsoByItsName() {
		assertThat(this.self.state()).isEqualTo(State.RUNNING);
		assertThat(ProcessIdentity.parse(this.self.toString())).isEqualTo(this.self);
	}

	@Test
	void processIdThatIsUsedAgainIsAnotherProcess() {
		ProcessIdentity former = new ProcessIdentity(this.self.machine(), this.self.pid(), this.self.start() - 1);
		assertThat(former.state()).isEqualTo(State.GONE);
	}

	@Test
	void nothingIsKnownOfProcessesElsewhere() {
		ProcessIdentity elsewhere = new ProcessIdentity("00000000", this.self.pid(), 1);
		assertThat(elsewhere.state()).isEqualTo(State.UNKNOWN);
	}

	@Test
	void processWhoseStartAnEarlierVersionWroteDownRuns() {
		long millis = ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli();
		assertThat(new ProcessIdentity(this.self.machine(), this.self.pid(), millis).state()).isEqualTo(State.RUNNING);
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void killedProcessIsGoneAlsoIfItsParentNeverAsksForIt() throws Exception {
		// A parent that is stopped asks for nothing, so its child stays a zombie.
		String command = "sleep 1000 & echo $!; kill -STOP $$; exec sleep 1000";
		Process parent = new ProcessBuilder("sh", "-c", command).start();
		try (var output = parent.inputReader()) {
			long pid = Long.parseLong(output.readLine());
			Awaitility.await().atMost(PATIENCE).until(() -> "T".equals(stat(parent.pid())[0]));
			ProcessIdentity child = new ProcessIdentity(this.self.machine(), pid, Long.parseLong(stat(pid)[19]));
			assertThat(child.state()).isEqualTo(State.RUNNING);
			ProcessHandle.of(pid).orElseThrow().destroyForcibly();
			Awaitility.await().atMost(PATIENCE).until(() -> "Z".equals(stat(pid)[0]));
			assertThat(child.state()).isEqualTo(State.GONE);
		}
		finally {
			parent.destroyForcibly();
		}
	}

}
