/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

import dev.modelcache.internal.FailureBoundary;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;

/**
 * A program {@code docker-credential-<name>} that knows credentials: it is told a server
 * on its standard input and answers with JSON (docker/docker-credential-helpers).
 * <p>
 * <em>Cancellation</em> and time-out end the program.
 */
final class CredentialHelper {

	private static final Logger logger = LoggerFactory.getLogger(CredentialHelper.class);

	/** A name, and nothing that could be a path. */
	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

	/** The name that means that the secret is a token. */
	private static final String TOKEN = "<token>";

	private static final int LARGEST = 1 << 16;

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final String program;

	private final Scheduler io;

	private final Scheduler timer;

	CredentialHelper(String program, Scheduler io, Scheduler timer) {
		this.program = program;
		this.io = io;
		this.timer = timer;
	}

	/**
	 * Asks a program.
	 * @param name the program's name, without {@code docker-credential-}
	 * @param server the server's name
	 * @param io where blocking work runs
	 * @param timer where time-outs run
	 * @return the credentials; empty where the program knows none, or cannot be asked,
	 * which is logged
	 */
	static Mono<Login> ask(String name, String server, Scheduler io, Scheduler timer) {
		if (!NAME.matcher(name).matches()) {
			logger.warn("The credential helper in Docker's configuration is not a valid program name");
			return Mono.empty();
		}
		return new CredentialHelper("docker-credential-" + name, io, timer).ask(server);
	}

	Mono<Login> ask(String server) {
		String step = "asking " + this.program;
		return FailureBoundary
			.around(step,
					Mono.using(this::start,
							(process) -> FailureBoundary.on(this.io, step, () -> answer(process, server)),
							Process::destroyForcibly))
			.subscribeOn(this.io)
			.timeout(PATIENCE, this.timer)
			.onErrorResume(IOException.class, (failure) -> Mono.fromRunnable(() -> unusable("cannot be started")))
			.onErrorResume(TimeoutException.class, (failure) -> Mono.fromRunnable(() -> unusable("does not answer")));
	}

	private void unusable(String problem) {
		logger.warn("{} {} and is not used", this.program, problem);
	}

	private Process start() throws IOException {
		return new ProcessBuilder(List.of(this.program, "get")).redirectError(Redirect.DISCARD).start();
	}

	private @Nullable Login answer(Process process, String server) {
		try {
			return read(process, server);
		}
		catch (IOException ex) {
			unusable("returned no usable answer");
			return null;
		}
	}

	/** Returns nothing for a program that knows nothing, which it tells by its status. */
	private @Nullable Login read(Process process, String server) throws IOException {
		tell(process, server);
		byte[] answer = process.getInputStream().readNBytes(LARGEST + 1);
		if (answer.length > LARGEST) {
			throw new IOException("an answer that is too long");
		}
		return (exitCode(process) == 0) ? login(answer) : null;
	}

	private static void tell(Process process, String server) {
		try (OutputStream in = process.getOutputStream()) {
			in.write(server.getBytes(StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			// A program may answer, and even end, without reading its input.
		}
	}

	private static int exitCode(Process process) throws IOException {
		try {
			return process.waitFor();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("interrupted");
		}
	}

	private @Nullable Login login(byte[] answer) throws IOException {
		JsonNode json;
		try {
			json = Json.object(answer);
		}
		catch (IllegalArgumentException ex) {
			throw new IOException("no JSON");
		}
		String username = Json.nonEmptyText(json, "Username");
		String secret = Json.nonEmptyText(json, "Secret");
		if (username == null || secret == null) {
			return null;
		}
		return new Login(username.equals(TOKEN) ? DockerConfig.TOKEN_USER : username, secret, this.program, true);
	}

}
