/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelReady;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Models that are fetched because a bean of the application needs one, while the
 * application's beans are created.
 */
@ExtendWith(OutputCaptureExtension.class)
class EventsWhileBeansAreCreatedTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ConfigurableApplicationContext start(Class<?>... configuration) {
		List<String> properties = RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory);
		return new SpringApplicationBuilder(configuration).web(WebApplicationType.NONE)
			.properties(properties.toArray(String[]::new))
			.properties("spring.main.banner-mode=off", "hooks.llm.progress=log", "hooks.llm.startup.mode=none")
			.run();
	}

	@Test
	void progressIsShownAtOnce(CapturedOutput output) throws Exception {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000, rest));
		CompletableFuture<ConfigurableApplicationContext> start = CompletableFuture
			.supplyAsync(() -> start(NeedsModel.class));
		Awaitility.await().atMost(PATIENCE).until(() -> output.getOut().contains("Model 'default': 50 %"));
		assertThat(start).isNotDone();
		rest.countDown();
		start.get().close();
	}

	@Test
	void listenersGetEveryEventOnceTheyExist() {
		try (ConfigurableApplicationContext context = start(NeedsModel.class, Annotated.class)) {
			List<ModelCacheEvent> events = context.getBean(Annotated.class).events;
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(events).hasAtLeastOneElementOfType(ModelReady.class));
			assertThat(events.get(0)).isInstanceOf(ModelDownloadStarted.class);
		}
	}

	/** Spring says so when a thread needs a bean while another thread creates one. */
	@Test
	void listenerThatIsABeanIsNotCreatedOnTheThreadOfTheEvents(CapturedOutput output) {
		try (ConfigurableApplicationContext context = start(NeedsModel.class, Interface.class)) {
			Interface.Listener listener = context.getBean(Interface.Listener.class);
			Awaitility.await().atMost(PATIENCE).until(() -> !listener.events.isEmpty());
			assertThat(listener.creator).isEqualTo(Thread.currentThread().getName());
		}
		assertThat(output).doesNotContain("singleton lock");
	}

	@Test
	void contextThatCannotBeRefreshedEndsItsThreads(CapturedOutput output) {
		assertThatException().isThrownBy(() -> start(NeedsModel.class, Broken.class))
			.withStackTraceContaining("broken on purpose");
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.noneMatch((thread) -> thread.getName().startsWith("modelcache-events")
						&& thread.getState() == Thread.State.WAITING && isIn(thread, ModelCacheLifecycle.class)));
	}

	private static boolean isIn(Thread thread, Class<?> type) {
		return List.of(thread.getStackTrace())
			.stream()
			.anyMatch((frame) -> frame.getClassName().equals(type.getName()));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class NeedsModel {

		NeedsModel(@Value("model:default") Path model) {
			assertThat(model).exists();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Annotated {

		private final List<ModelCacheEvent> events = new CopyOnWriteArrayList<>();

		@EventListener
		void hear(ModelCacheEvent event) {
			this.events.add(event);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Interface {

		@Bean
		Listener listener() {
			return new Listener();
		}

		static class Listener implements ApplicationListener<PayloadApplicationEvent<ModelReady>> {

			private final List<ModelCacheEvent> events = new CopyOnWriteArrayList<>();

			private final String creator = Thread.currentThread().getName();

			@Override
			public void onApplicationEvent(PayloadApplicationEvent<ModelReady> event) {
				this.events.add(event.getPayload());
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Broken {

		@Bean
		String broken() {
			throw new IllegalStateException("broken on purpose");
		}

	}

}
