/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;
import org.springframework.util.ClassUtils;

/**
 * This application once more, in a process of its own on another port, with the same
 * cache and the same servers. It ends with this process.
 */
@Component
class SecondProcess implements DisposableBean {

	/** The process whose end is awaited by the one that it has started. */
	static final String PARENT = "sample.parent";

	private static final String LAUNCHER = "org.springframework.boot.loader.launch.JarLauncher";

	private static final List<String> SHARED = List.of("hooks.llm.cache.directory", "hooks.llm.model-path",
			"hooks.llm.models.large.model-path", OriginInitializer.URL, OriginInitializer.MIRROR_URL,
			OriginInitializer.FALLBACK_URL);

	private static final Duration PATIENCE = Duration.ofSeconds(5);

	private final Environment environment;

	private @Nullable Process process;

	SecondProcess(Environment environment) {
		this.environment = environment;
	}

	/**
	 * Starts the process. One that was started before ends first.
	 * @return where its page will be
	 * @throws IOException if it cannot be started
	 */
	synchronized URI start() throws IOException {
		destroy();
		int port = freePort();
		this.process = new ProcessBuilder(command(port)).inheritIO().start();
		return URI.create("http://127.0.0.1:" + port);
	}

	private List<String> command(int port) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.add("-cp");
		command.add(System.getProperty("java.class.path"));
		command.add(ClassUtils.isPresent(LAUNCHER, null) ? LAUNCHER : SampleApplication.class.getName());
		command.add("--server.port=" + port);
		command.add("--spring.application.name=second");
		command.add("--sample.origin.enabled=false");
		command.add("--" + PARENT + "=" + ProcessHandle.current().pid());
		// One classifier is enough for two.
		command.add("--hooks.llm.classifier.enabled=false");
		for (String key : SHARED) {
			String value = this.environment.getProperty(key);
			if (value != null) {
				command.add("--" + key + "=" + value);
			}
		}
		return command;
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	/** Ends this process with the one that started it, however that ends. */
	static void endWith(String parent) {
		ProcessHandle.of(Long.parseLong(parent))
			.ifPresentOrElse((handle) -> handle.onExit().thenRun(() -> System.exit(0)), () -> System.exit(0));
	}

	@Override
	public synchronized void destroy() {
		if (this.process != null) {
			this.process.destroy();
			try {
				if (!this.process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
					this.process.destroyForcibly();
				}
			}
			catch (InterruptedException ex) {
				this.process.destroyForcibly();
				Thread.currentThread().interrupt();
			}
		}
	}

}
