package dev.modelcache.runtime.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.Question;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.Signals;
import dev.modelcache.testsupport.TinyLlama;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LlamaLoadedModel}: what becomes of the process that the model runs in.
 */
class LlamaLoadedModelTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final LlamaSettings SETTINGS = new LlamaSettings(1, null, null, true);

	@TempDir
	private Path directory;

	private LlamaLoadedModel model;

	@BeforeEach
	void load() throws IOException {
		Path file = TinyLlama.write(this.directory.resolve("m.gguf"), TinyLlama.answering("UPDATE"));
		this.model = new LlamaLoadedModel(() -> LlamaProcess.start(file, TinyLlama.CONTEXT, SETTINGS));
	}

	@AfterEach
	void close() {
		this.model.close();
	}

	private String ask(BooleanSupplier abandoned) {
		return this.model.answer(new Question("text", TinyLlama.LABELS, 0), abandoned);
	}

	private CompletableFuture<String> askInTheBackground(BooleanSupplier abandoned) {
		return CompletableFuture.supplyAsync(() -> ask(abandoned));
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

	@Test
	void whatTheProcessDoesNotSurviveIsAnErrorAndTheNextQuestionIsAnswered() {
		ProcessHandle process = this.model.handle();
		Signals.stop(process);
		CompletableFuture<String> answer = askInTheBackground(() -> false);
		process.destroyForcibly();
		assertThat(answer).failsWithin(PATIENCE)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(ClassificationException.class)
			// 128 and the number of SIGKILL.
			.withMessageContaining("its process ended with the exit code 137");
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
		assertThat(this.model.handle().pid()).isNotEqualTo(process.pid());
	}

	@Test
	void nobodyWaitsForAProcessThatIsSlow() {
		ProcessHandle process = this.model.handle();
		Signals.stop(process);
		AtomicBoolean abandoned = new AtomicBoolean();
		CompletableFuture<String> answer = askInTheBackground(abandoned::get);
		abandoned.set(true);
		assertThat(answer).failsWithin(PATIENCE)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(CancellationException.class);
		Signals.resume(process);
		assertThat(ask(() -> false)).isEqualTo("UPDATE");
		assertThat(this.model.handle().pid()).isEqualTo(process.pid());
	}

	@Test
	void aModelThatCannotBeStartedAgainIsAClearError() throws IOException {
		Files.delete(this.directory.resolve("m.gguf"));
		this.model.handle().destroyForcibly();
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(
					() -> assertThatExceptionOfType(ClassificationException.class).isThrownBy(() -> ask(() -> false))
						.withMessageContaining("llama.cpp cannot be started again"));
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

	/**
	 * An application that loads a model and stays.
	 */
	static final class Owner {

		public static void main(String[] arguments) throws Exception {
			LlamaLoadedModel model = new LlamaLoadedModel(
					() -> LlamaProcess.start(Path.of(arguments[0]), TinyLlama.CONTEXT, SETTINGS));
			System.out.println("process " + model.handle().pid());
			Thread.sleep(PATIENCE.toMillis());
		}

	}

}
