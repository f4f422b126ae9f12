/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

import dev.modelcache.testsupport.Content;

/**
 * Debian's {@code docker-registry}, run on a free port of the loopback interface with a
 * directory of its own.
 */
final class RealRegistry implements AutoCloseable {

	/** Where the package puts it. */
	static final Path PROGRAM = Path.of("/usr/bin/docker-registry");

	private static final int ATTEMPTS = 3;

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final Process process;

	private final int port;

	private final String authorization;

	private RealRegistry(Process process, int port, String authorization) {
		this.process = process;
		this.port = port;
		this.authorization = authorization;
	}

	/** Starts a registry that everybody may read and write. */
	static RealRegistry open(Path directory) {
		return start(directory, "", "");
	}

	/** Starts a registry that knows one user, alice, whose password is secret. */
	static RealRegistry withLogin(Path directory) throws IOException {
		Path users = Files.writeString(directory.resolve("htpasswd"),
				// bcrypt of "secret", which is what the registry takes
				"alice:$2b$05$9tbt3ekPdMXbOpYA3jTttOtKvZl5DlbSPNR4TBUu2AdOlN/NZ2YLu\n");
		String authorization = "Basic " + Base64.getEncoder().encodeToString("alice:secret".getBytes());
		return start(directory, "auth: {htpasswd: {realm: test, path: " + users + "}}\n", authorization);
	}

	/** Another process may take the free port first; then another one is tried. */
	private static RealRegistry start(Path directory, String configuration, String authorization) {
		for (int i = 0; i < ATTEMPTS; i++) {
			int port = freePort();
			try {
				Path file = Files.writeString(directory.resolve("config-" + port + ".yml"),
						"version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: "
								+ directory.resolve("data") + "}}\nhttp: {addr: \"127.0.0.1:" + port + "\"}\n"
								+ configuration);
				Process process = new ProcessBuilder(PROGRAM.toString(), "serve", file.toString())
					.redirectErrorStream(true)
					.redirectOutput(directory.resolve("registry.log").toFile())
					.start();
				RealRegistry registry = new RealRegistry(process, port, authorization);
				if (registry.answers()) {
					return registry;
				}
				registry.close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
		throw new IllegalStateException("the registry does not start");
	}

	private static int freePort() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private boolean answers() {
		long end = System.nanoTime() + OciFixture.PATIENCE.toNanos();
		while (this.process.isAlive() && System.nanoTime() < end) {
			try {
				this.client.send(HttpRequest.newBuilder(uri("/v2/")).build(), BodyHandlers.discarding());
				return true;
			}
			catch (IOException ex) {
				Thread.onSpinWait();
			}
			catch (InterruptedException ex) {
				throw interrupted(ex);
			}
		}
		return false;
	}

	String host() {
		return "127.0.0.1:" + this.port;
	}

	private URI uri(String path) {
		return URI.create("http://" + host() + path);
	}

	/** Pushes a blob, in the two requests that every registry takes. */
	void push(String repository, Content blob) {
		HttpResponse<Void> upload = send("POST", uri("/v2/" + repository + "/blobs/uploads/"), "", new byte[0]);
		URI location = uri("/").resolve(upload.headers().firstValue("Location").orElseThrow());
		String query = (location.getRawQuery() != null) ? location.getRawQuery() + "&" : "";
		URI target = uri(location.getRawPath() + "?" + query + "digest=" + blob.sha256());
		expect(201, send("PUT", target, "application/octet-stream", blob.bytes()));
	}

	/** Pushes a manifest and returns the digest that the registry gives it. */
	String push(String repository, String tag, String mediaType, String manifest) {
		HttpResponse<Void> response = send("PUT", uri("/v2/" + repository + "/manifests/" + tag), mediaType,
				manifest.getBytes());
		expect(201, response);
		return response.headers().firstValue("Docker-Content-Digest").orElseThrow();
	}

	private HttpResponse<Void> send(String method, URI uri, String type, byte[] body) {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri).method(method, BodyPublishers.ofByteArray(body));
		if (!type.isEmpty()) {
			request.header("Content-Type", type);
		}
		if (!this.authorization.isEmpty()) {
			request.header("Authorization", this.authorization);
		}
		try {
			return this.client.send(request.build(), BodyHandlers.discarding());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw interrupted(ex);
		}
	}

	private static void expect(int status, HttpResponse<Void> response) {
		if (response.statusCode() != status) {
			throw new AssertionError("expected " + status + ", got " + response);
		}
	}

	private static IllegalStateException interrupted(InterruptedException ex) {
		Thread.currentThread().interrupt();
		return new IllegalStateException(ex);
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(30, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			throw interrupted(ex);
		}
	}

}
