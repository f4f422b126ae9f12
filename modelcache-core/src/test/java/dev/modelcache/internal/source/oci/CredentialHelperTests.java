/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import static dev.modelcache.internal.source.oci.OciFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CredentialHelper}, with programs that are shell scripts.
 */
@DisabledOnOs(OS.WINDOWS)
class CredentialHelperTests {

	@TempDir
	private Path directory;

	private Path program(String script) throws IOException {
		Path file = Files.writeString(this.directory.resolve("docker-credential-test"), "#!/bin/sh\n" + script);
		return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
	}

	private @Nullable Login ask(String script) throws IOException {
		return helper(script).ask("ghcr.io").block(PATIENCE);
	}

	private CredentialHelper helper(String script) throws IOException {
		return new CredentialHelper(program(script).toString(), Schedulers.boundedElastic(), Schedulers.parallel());
	}

	@Test
	void programIsToldTheServerAndTellsTheLogin() throws IOException {
		Login login = ask("[ \"$1\" = get ] || exit 3\nread server\n"
				+ "echo \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"u-$server\\\",\\\"Secret\\\":\\\"s\\\"}\"\n");
		assertThat(login.username()).isEqualTo("u-ghcr.io");
		assertThat(login.password()).isEqualTo("s");
		assertThat(login.toString()).doesNotContain("u-");
	}

	@Test
	void tokenStandsInForThePassword() throws IOException {
		Login login = ask("echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'\n");
		assertThat(login.username()).isEqualTo("00000000-0000-0000-0000-000000000000");
		assertThat(login.password()).isEqualTo("t");
	}

	/** A name of this length does not fit into a pipe. */
	@Test
	void programThatDoesNotReadItsInputIsUsed() throws IOException {
		Login login = helper("echo '{\"Username\":\"u\",\"Secret\":\"s\"}'\n").ask("x".repeat(1 << 20)).block(PATIENCE);
		assertThat(login).isNotNull().returns("s", Login::password);
	}

	@Test
	void programThatKnowsNothingIsNoFailure() throws IOException {
		assertThat(ask("echo 'credentials not found in native keychain'; exit 1\n")).isNull();
		assertThat(ask("exit 0\n")).isNull();
		assertThat(ask("echo '{}'\n")).isNull();
		assertThat(ask("echo nonsense\n")).isNull();
		assertThat(ask("head -c 100000 /dev/zero\n")).isNull();
	}

	@Test
	void programThatIsNotThereIsNoFailure() {
		assertThat(CredentialHelper
			.ask("there-is-no-such-program", "ghcr.io", Schedulers.boundedElastic(), Schedulers.parallel())
			.blockOptional(PATIENCE)).isEmpty();
	}

	@Test
	void pathIsNoProgramsName() throws IOException {
		Path marker = this.directory.resolve("ran");
		Path script = program("touch " + marker + "\n");
		for (String name : new String[] { "../" + script, "/" + script, "a b", "", "-x", "a/b" }) {
			assertThat(CredentialHelper.ask(name, "ghcr.io", Schedulers.boundedElastic(), Schedulers.parallel())
				.blockOptional(PATIENCE)).isEmpty();
		}
		assertThat(marker).doesNotExist();
	}

	@Test
	void programThatHangsIsEnded() throws IOException {
		VirtualTimeScheduler timer = VirtualTimeScheduler.create();
		Path pid = this.directory.resolve("pid");
		CredentialHelper helper = new CredentialHelper(
				program("echo $$ > " + pid + ".new; mv " + pid + ".new " + pid + "; exec sleep 600\n").toString(),
				Schedulers.boundedElastic(), timer);
		StepVerifier.create(helper.ask("ghcr.io")).expectSubscription().then(() -> {
			awaitFile(pid);
			timer.advanceTimeBy(Duration.ofSeconds(31));
		}).expectComplete().verify(PATIENCE);
		long number = Long.parseLong(Files.readString(pid).strip());
		ProcessHandle.of(number).ifPresent((process) -> process.onExit().orTimeout(3, TimeUnit.MINUTES).join());
	}

	private static void awaitFile(Path file) {
		long end = System.nanoTime() + PATIENCE.toNanos();
		while (!Files.exists(file) && System.nanoTime() < end) {
			Thread.onSpinWait();
		}
	}

}
