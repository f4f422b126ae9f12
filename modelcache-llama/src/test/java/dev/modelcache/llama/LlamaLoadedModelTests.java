/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.Question;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.ManualClock;
import dev.modelcache.testsupport.Signals;
import dev.modelcache.testsupport.TinyLlama;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for {@link LlamaLoadedModel}: what becomes of the process that the model runs in.
 */
class LlamaLoadedModelTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final LlamaSettings SETTINGS = new LlamaSettings(1, null, null, true, List.of());

	@TempDir
	private Path directory;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final ManualClock clock = new ManualClock();

	private LlamaLoadedModel model;

	@BeforeEach
	void load() throws IOException {
		Path file = TinyLlama.write(this.directory.resolve("m.gguf"), TinyLlama.answering("UPDATE"));
		this.model = new LlamaLoadedModel(() -> LlamaProcess.start(file, TinyLlama.CONTEXT, SETTINGS), this.clock);
	}

	@AfterEach
	void close() {
		this.model.close();
		this.threads.shutdownNow();
	}

	private String ask(BooleanSupplier abandoned) {
		return this.model.answer(new Question("text", TinyLlama.LABELS, 0), abandoned);
	}

	/** Returns when the question has been asked. */
	private CompletableFuture<String> askInTheBackground(BooleanSupplier abandoned) throws InterruptedException {
		CountDownLatch asked = new CountDownLatch(1);
		CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> ask(() -> {
			asked.countDown();
			return abandoned.getAsBoolean();
		}), this.threads);
		assertThat(asked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		return answer;
	}

	private static void await(ProcessHandle process) throws Exception {
		process.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
	}

	@Test
	void closingItEndsTheProcess() {
		ProcessHandle process = this.model.handle();
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
		this.model.close();
		assertThat(process.isAlive()).isFalse();
	}

	@Test
	void aProcessThatDoesNotListenIsEndedAllTheSame() {
		ProcessHandle process = this.model.handle();
		Signals.stop(process);
		this.model.close();
		assertThat(process.isAlive()).isFalse();
	}

	/** The pipe to the process has room for 64 KiB on Linux. */
	@Test
	void aLongTextThatTheProcessDoesNotReadBlocksNeitherItsCallerNorClosing() throws Exception {
		ProcessHandle process = this.model.handle();
		Signals.stop(process);
		AtomicBoolean abandoned = new AtomicBoolean();
		CountDownLatch waits = new CountDownLatch(1);
		Question question = new Question("x".repeat(300_000), TinyLlama.LABELS, 0);
		CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> this.model.answer(question, () -> {
			waits.countDown();
			return abandoned.get();
		}), this.threads);
		assertThat(waits.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		abandoned.set(true);
		assertThat(answer).failsWithin(PATIENCE)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(CancellationException.class);
		CompletableFuture<Void> closed = CompletableFuture.runAsync(this.model::close, this.threads);
		assertThat(closed).succeedsWithin(PATIENCE);
		assertThat(process.isAlive()).isFalse();
	}

	@Test
	void aProcessThatOwesAnAnswerAndDoesNothingIsReplaced() throws Exception {
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
		ProcessHandle process = this.model.handle();
		Signals.stop(process);
		AtomicBoolean abandoned = new AtomicBoolean();
		CompletableFuture<String> first = askInTheBackground(abandoned::get);
		abandoned.set(true);
		assertThat(first).failsWithin(PATIENCE);
		CompletableFuture<String> next = CompletableFuture.supplyAsync(() -> ask(() -> {
			// Not for the process that replaces it: the clock is faster than that
			// computes.
			if (process.isAlive()) {
				this.clock.advance(Duration.ofSeconds(1));
			}
			return false;
		}), this.threads);
		assertThat(next).succeedsWithin(PATIENCE).isEqualTo("UPDATE");
		assertThat(process.onExit()).succeedsWithin(PATIENCE);
		assertThat(this.model.handle().pid()).isNotEqualTo(process.pid());
	}

	@Test
	void aLoadThatDoesNothingIsAnError() throws Exception {
		Path file = this.directory.resolve("m.gguf");
		CountDownLatch started = new CountDownLatch(1);
		CompletableFuture<LlamaLoadedModel> load = CompletableFuture.supplyAsync(() -> {
			try {
				return new LlamaLoadedModel(() -> {
					LlamaProcess process = LlamaProcess.start(file, TinyLlama.CONTEXT, SETTINGS);
					Signals.stop(process.handle());
					started.countDown();
					return process;
				}, this.clock);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}, this.threads);
		assertThat(started.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		Awaitility.await().atMost(PATIENCE).until(() -> {
			this.clock.advance(Duration.ofMinutes(1));
			return load.isDone();
		});
		assertThat(load).failsWithin(PATIENCE)
			.withThrowableThat()
			.withMessageContaining("was idle for 5 minutes while loading the model");
	}

	static Stream<Arguments> endsThatTheFileHasNotCaused() {
		Consumer<ProcessHandle> killed = ProcessHandle::destroyForcibly;
		Consumer<ProcessHandle> signaled = Signals::crash;
		return Stream.of(arguments(killed, "exit code 137"), arguments(signaled, "SIGSEGV"));
	}

	@ParameterizedTest
	@MethodSource("endsThatTheFileHasNotCaused")
	void aSignalOfAnotherProcessIsNotBlamedOnTheFile(Consumer<ProcessHandle> end, String problem) throws Exception {
		try (LlamaProcess process = LlamaProcess.start(this.directory.resolve("m.gguf"), TinyLlama.CONTEXT, SETTINGS)) {
			assertThat(process.loaded()).succeedsWithin(PATIENCE);
			end.accept(process.handle());
			await(process.handle());
			Question question = new Question("text", TinyLlama.LABELS, 0);
			assertThat(process.ask(question).reply()).succeedsWithin(PATIENCE).satisfies((reply) -> {
				assertThat(reply.text()).contains(problem);
				assertThat(reply.refused()).isFalse();
			});
		}
	}

	@Test
	void whatTheProcessDoesNotSurviveIsAnErrorAndTheNextQuestionIsAnswered() throws Exception {
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
		ProcessHandle process = this.model.handle();
		Signals.stop(process);
		CompletableFuture<String> answer = askInTheBackground(() -> false);
		process.destroyForcibly();
		assertThat(answer).failsWithin(PATIENCE)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(ClassificationException.class)
			// 128 and the number of SIGKILL.
			.withMessageContaining("its process ended with exit code 137, because it was killed");
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
		assertThat(this.model.handle().pid()).isNotEqualTo(process.pid());
	}

	@Test
	void aCrashIsNotTakenForAProcessThatWasKilled() throws Exception {
		ProcessHandle process = this.model.handle();
		Signals.crash(process);
		await(process);
		Awaitility.await().atMost(PATIENCE).until(this.model::hasEnded);
		Files.move(this.directory.resolve("m.gguf"), this.directory.resolve("away"));
		assertRefused("failed to open GGUF file");
		assertRefused("llama.cpp is not running: its process crashed with the signal SIGSEGV");
	}

	@Test
	void aProcessThatNeverAnsweredIsStartedAgainOnceInAWhile() throws Exception {
		kill();
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
		kill();
		assertThat(ask(() -> false)).as("it had answered").isEqualTo("UPDATE");
		Files.move(this.directory.resolve("m.gguf"), this.directory.resolve("away"));
		kill();
		assertRefused("llama.cpp cannot be started again");
		assertRefused("llama.cpp is not running: its process ended with exit code 137");
		this.clock.advance(LlamaLoadedModel.PAUSE);
		assertRefused("llama.cpp cannot be started again");
		Files.move(this.directory.resolve("away"), this.directory.resolve("m.gguf"));
		assertRefused("llama.cpp is not running");
		this.clock.advance(LlamaLoadedModel.PAUSE);
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
	}

	private void kill() throws Exception {
		this.model.handle().destroyForcibly();
		await(this.model.handle());
		Awaitility.await().atMost(PATIENCE).until(this.model::hasEnded);
	}

	private void assertRefused(String problem) {
		assertThatExceptionOfType(ClassificationException.class).isThrownBy(() -> ask(() -> false))
			.withMessageContaining(problem);
	}

	@Test
	void whoeverWaitsForAProcessThatIsSlowMayGiveUp() throws Exception {
		ProcessHandle process = this.model.handle();
		Signals.stop(process);
		AtomicBoolean abandoned = new AtomicBoolean();
		CompletableFuture<String> asked = askInTheBackground(abandoned::get);
		CompletableFuture<String> waiting = askInTheBackground(abandoned::get);
		CompletableFuture<String> patient = askInTheBackground(() -> false);
		abandoned.set(true);
		for (CompletableFuture<String> answer : List.of(asked, waiting)) {
			assertThat(answer).failsWithin(PATIENCE)
				.withThrowableThat()
				.havingCause()
				.isInstanceOf(CancellationException.class);
		}
		Signals.resume(process);
		assertThat(patient).succeedsWithin(PATIENCE).isEqualTo("UPDATE");
		assertThat(this.model.handle().pid()).isEqualTo(process.pid());
	}

	@Test
	void signalsAreLeftToTheApplication() throws Exception {
		Signals.terminate(this.model.handle());
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
	}

	@Test
	void aTextLongerThanAnyContextIsRefused() {
		Question question = new Question("x".repeat(2 << 20), TinyLlama.LABELS, 0);
		assertThatExceptionOfType(ClassificationException.class)
			.isThrownBy(() -> this.model.answer(question, () -> false))
			.withMessageContaining("more than 1048576 characters");
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
	}

	@Test
	void theProcessEndsWithTheApplicationAndLeavesNothing() throws Exception {
		Path temporary = Files.createDirectory(this.directory.resolve("tmp"));
		try (ForkedJvm application = ForkedJvm.start(Owner.class, List.of("-Djava.io.tmpdir=" + temporary),
				this.directory.resolve("m.gguf"))) {
			String line = application.awaitLine("process ", PATIENCE);
			ProcessHandle process = ProcessHandle.of(Long.parseLong(line.substring("process ".length()))).orElseThrow();
			application.handle().destroyForcibly();
			await(process);
		}
		try (Stream<Path> left = Files.list(temporary)) {
			assertThat(left).filteredOn((file) -> file.getFileName().toString().contains("llama")).isEmpty();
		}
	}

	/** {@link ForkedJvm} passes the class path in a variable. */
	@Test
	@EnabledOnOs(OS.LINUX)
	void theProcessDoesNotGetTheEnvironmentOfTheApplication() throws Exception {
		try (ForkedJvm application = ForkedJvm.start(Owner.class, List.of(), this.directory.resolve("m.gguf"))) {
			String pid = application.awaitLine("process ", PATIENCE).substring("process ".length());
			assertThat(Path.of("/proc", Long.toString(application.handle().pid()), "environ")).content()
				.contains("CLASSPATH=");
			assertThat(Files.readString(Path.of("/proc", pid, "environ")).split("\0"))
				.allMatch((variable) -> variable.matches("(?s)(PATH|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|TEMP|TMP)=.*|"));
		}
	}

	/**
	 * An application that loads a model and stays.
	 */
	static final class Owner {

		public static void main(String[] arguments) throws Exception {
			LlamaLoadedModel model = new LlamaLoadedModel(
					() -> LlamaProcess.start(Path.of(arguments[0]), TinyLlama.CONTEXT, SETTINGS), Clock.systemUTC());
			System.out.println("process " + model.handle().pid());
			Thread.sleep(PATIENCE.toMillis());
		}

	}

}
