/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.OddFileSystem;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.Signals;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Applications that close, stop or are terminated while a model is on its way.
 */
@ExtendWith(OutputCaptureExtension.class)
class ClosingTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ConfigurableApplicationContext start(WebApplicationType type, String... properties) {
		List<String> all = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		all.addAll(List.of("server.port=0", "spring.main.banner-mode=off", "spring.jmx.enabled=false"));
		all.addAll(List.of(properties));
		return new SpringApplicationBuilder(Application.class).web(type).properties(all.toArray(String[]::new)).run();
	}

	private static void awaitState(ConfigurableApplicationContext context, ModelState state) {
		ModelCache cache = context.getBean(ModelCache.class);
		Awaitility.await().atMost(PATIENCE).until(() -> cache.status("default").state() == state);
	}

	@Test
	void requestThatWaitsForAModelDoesNotDelayTheShutdownOfTheServer() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		ConfigurableApplicationContext context = start(WebApplicationType.REACTIVE, "server.shutdown=graceful",
				"spring.lifecycle.timeout-per-shutdown-phase=10m");
		String port = context.getEnvironment().getProperty("local.server.port");
		CompletableFuture<HttpResponse<String>> answer = HttpClient.newHttpClient()
			.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/model")).build(),
					BodyHandlers.ofString());
		awaitState(context, ModelState.DOWNLOADING);
		Awaitility.await().atMost(PATIENCE).until(() -> context.getBean(Application.class).waiting);
		context.close();
		assertThat(answer).succeedsWithin(PATIENCE)
			.satisfies((response) -> assertThat(response.body()).contains("CANCELLED")
				.contains("the application is closing"));
	}

	@Test
	void closedCacheIsNotWaitedFor() {
		ConfigurableApplicationContext context = start(WebApplicationType.NONE);
		ModelCache cache = context.getBean(ModelCache.class);
		ModelCacheOperations operations = context.getBean(ModelCacheOperations.class);
		awaitState(context, ModelState.READY);
		context.close();
		assertThat(cache.get("default").toFuture()).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCancelledException.class);
		assertThat(operations.evict("default").toFuture()).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCancelledException.class);
		assertThatExceptionOfType(ModelCancelledException.class).isThrownBy(() -> operations.ensure("default"));
		assertThat(cache.status("default").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void contextOfTheManagementServerClosesAlone() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.NONE)) {
			GenericApplicationContext child = new GenericApplicationContext(context);
			child.refresh();
			context.publishEvent(new ContextClosedEvent(child));
			child.close();
			assertThat(context.getBean(ModelCache.class).get("default").toFuture()).succeedsWithin(PATIENCE);
		}
	}

	@Test
	void contextThatIsStoppedAndStartedResumesTheDownload() {
		this.server.script("/m.gguf", Reply.ok().stallAfter(1_000_000), Reply.ok());
		try (ConfigurableApplicationContext context = start(WebApplicationType.NONE)) {
			ModelCache cache = context.getBean(ModelCache.class);
			CompletableFuture<List<ModelStatus>> watched = cache.statuses().collectList().toFuture();
			awaitState(context, ModelState.DOWNLOADING);
			context.stop();
			assertThat(watched).succeedsWithin(PATIENCE);
			assertThat(cache.status("default").state()).isEqualTo(ModelState.CANCELLED);
			assertThat(cache.get("default").toFuture()).failsWithin(PATIENCE)
				.withThrowableThat()
				.withCauseInstanceOf(ModelCancelledException.class);
			context.start();
			awaitState(context, ModelState.READY);
		}
	}

	/** Reading the file takes many times as long as the test waits. */
	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no SIGTERM")
	void terminatedProcessDoesNotReadALargeFileToItsEnd() throws Exception {
		Path model = this.directory.resolve("large.gguf");
		try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
			file.setLength(400L << 30);
		}
		List<String> arguments = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		arguments.add("hooks.llm.model-path=" + model);
		try (ForkedJvm application = ForkedJvm.start(Application.class, List.of("-Xshare:auto"),
				arguments.stream().map((property) -> "--" + property).toArray())) {
			application.awaitLine(Application.READING, PATIENCE);
			Signals.terminate(application.handle());
			assertThat(application.awaitExit(PATIENCE)).isEqualTo(143);
			assertThat(application.output()).contains("the application is closing");
		}
	}

	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no SIGTERM")
	void terminatedProcessThatWaitsForItsModelsAtTheStartEndsWithOneLine() {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000, rest));
		List<String> arguments = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		arguments.add("hooks.llm.startup.mode=blocking");
		try (ForkedJvm application = ForkedJvm.start(Application.class,
				List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"),
				arguments.stream().map((property) -> "--" + property).toArray())) {
			Awaitility.await().atMost(PATIENCE).until(() -> this.server.bytesSent("/m.gguf") >= 1_000_000);
			Signals.terminate(application.handle());
			assertThat(application.awaitExit(PATIENCE)).isEqualTo(143);
			assertThat(application.output()).contains("The application is closing before its models are ready")
				.doesNotContain("APPLICATION FAILED TO START")
				.doesNotContain("Exception")
				.doesNotContain("ask for it again");
		}
		rest.countDown();
	}

	@Test
	void startThatWaitsForItsModelsIsAbandonedWhenItsContextCloses(CapturedOutput output) {
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		List<String> properties = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		properties.addAll(List.of("server.port=0", "spring.main.banner-mode=off", "spring.jmx.enabled=false",
				"hooks.llm.startup.mode=blocking"));
		CompletableFuture<ConfigurableApplicationContext> starting = new CompletableFuture<>();
		CompletableFuture<ConfigurableApplicationContext> start = CompletableFuture
			.supplyAsync(() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
				.properties(properties.toArray(String[]::new))
				.initializers(starting::complete)
				.run());
		Awaitility.await().atMost(PATIENCE).until(() -> this.server.bytesSent("/m.gguf") >= 1_000_000);
		starting.join().close();
		assertThat(start).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(SpringApplication.AbandonedRunException.class);
		assertThat(output).doesNotContain("APPLICATION FAILED TO START");
	}

	/** The lock file is a pipe into which nothing is written. */
	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no SIGTERM")
	void terminatedProcessThatASystemCallHoldsEndsAndNamesTheCall() throws Exception {
		Path pipe = this.directory.resolve("models.lock");
		assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
		List<String> arguments = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		arguments.add("hooks.llm.lock-file=" + pipe);
		try (ForkedJvm application = ForkedJvm.start(Application.class,
				List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"),
				arguments.stream().map((property) -> "--" + property).toArray())) {
			// Opened when the application has opened it, too, and is about to read it.
			CompletableFuture<OutputStream> writer = CompletableFuture.supplyAsync(() -> open(pipe));
			assertThat(writer).succeedsWithin(PATIENCE.multipliedBy(2));
			Signals.terminate(application.handle());
			assertThat(application.awaitExit(PATIENCE)).isEqualTo(143);
			assertThat(application.output()).contains(
					"The model cache is closed without waiting any longer: an earlier operation has not returned from the call read")
				.contains("called in ");
			writer.join().close();
		}
	}

	/** Nothing runs, and only what closing itself does needs the disk. */
	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no SIGTERM")
	void terminatedProcessWhoseDiskHangsEndsAndNamesTheCall() {
		List<String> arguments = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		arguments.add("test.disk-hangs=true");
		try (ForkedJvm application = ForkedJvm.start(Application.class,
				List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"),
				arguments.stream().map((property) -> "--" + property).toArray())) {
			application.awaitLine(Application.READY, PATIENCE);
			Signals.terminate(application.handle());
			assertThat(application.awaitExit(PATIENCE)).isEqualTo(143);
			assertThat(application.output())
				.contains("The model cache is closed without waiting any longer: modelcache-close")
				.contains("has not returned from the call park, called in ClosingTests$Application");
		}
	}

	private static OutputStream open(Path pipe) {
		try {
			return Files.newOutputStream(pipe, StandardOpenOption.WRITE);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		static final String READING = "reading";

		static final String READY = "ready";

		private volatile boolean waiting;

		private volatile boolean closing;

		public static void main(String[] arguments) throws InterruptedException {
			ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
				.web(WebApplicationType.NONE)
				.properties("spring.main.banner-mode=off", "spring.jmx.enabled=false")
				.run(arguments);
			context.getBean(ModelCache.class)
				.statuses("default")
				.filter((status) -> status.state() == ModelState.READY)
				.subscribe((status) -> System.out.println(READY));
			context.getBean(ModelCache.class)
				.statuses("default")
				.filter((status) -> status.state() == ModelState.VERIFYING)
				.subscribe((status) -> System.out.println(READING));
			// Until the test terminates the process.
			Thread.currentThread().join();
		}

		@EventListener(ContextClosedEvent.class)
		void close() {
			this.closing = true;
		}

		@Bean
		ModelCacheBuilderCustomizer disk(Environment environment) {
			OddFileSystem disk = new OddFileSystem(FileSystems.getDefault());
			disk.beforeStoring((step) -> {
				if (this.closing && step.startsWith("touch ")) {
					hang();
				}
			});
			return (builder) -> {
				if (environment.getProperty("test.disk-hangs", Boolean.class, false)) {
					Path directory = Path.of(environment.getRequiredProperty("hooks.llm.cache.directory"));
					builder.cache((cache) -> cache.directory(disk.path(directory)));
				}
			};
		}

		private static void hang() {
			try {
				new CountDownLatch(1).await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Bean
		RouterFunction<ServerResponse> routes(ModelCache cache) {
			return RouterFunctions.route()
				.GET("/model",
						(request) -> cache.get("default")
							.doOnSubscribe((subscription) -> this.waiting = true)
							.map(CachedModel::path)
							.map(Path::toString)
							.onErrorResume(ModelCacheException.class,
									(failure) -> Mono.just(failure.code() + ": " + failure.getMessage()))
							.flatMap((body) -> ServerResponse.ok().bodyValue(body)))
				.build();
		}

	}

}
