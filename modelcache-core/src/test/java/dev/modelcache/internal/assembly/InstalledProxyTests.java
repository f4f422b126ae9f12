/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Downloads through proxies that others wrote, with Debian's rules: Basic authentication,
 * and no tunnels but to ports of https. Run by the Maven profiles {@code squid} and
 * {@code tinyproxy}, where these programs are installed.
 */
class InstalledProxyTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/**
	 * Of the loopback interface, and of this process alone: no other one takes its ports.
	 */
	private static final String ADDRESS = "127.77." + ProcessHandle.current().pid() / 250 % 250 + "."
			+ (1 + ProcessHandle.current().pid() % 250);

	private final Content content = Content.random(3_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final MisbehavingServer tlsServer = MisbehavingServer.startTls().serve("/m.gguf", this.content);

	@TempDir
	private Path directory;

	/** Squid gives up the rights of root, and the temporary directory is private. */
	private Path shared;

	private Process process;

	@BeforeEach
	void prepare() throws IOException {
		this.shared = Files.createTempDirectory("proxy");
		Files.setPosixFilePermissions(this.shared, PosixFilePermissions.fromString("rwxrwxrwx"));
	}

	@AfterEach
	void close() throws Exception {
		this.process.destroy();
		if (!this.process.waitFor(30, TimeUnit.SECONDS)) {
			this.process.destroyForcibly().waitFor();
		}
		FileSystemUtils.deleteRecursively(this.shared);
		this.server.close();
		this.tlsServer.close();
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(ADDRESS))) {
			return socket.getLocalPort();
		}
	}

	private int start(int port, String configuration, String... command) throws IOException {
		Path file = Files.writeString(this.shared.resolve("proxy.conf"), configuration);
		this.process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(this.shared.resolve("output").toFile())
			.start();
		Awaitility.await().atMost(PATIENCE).ignoreExceptionsInstanceOf(IOException.class).until(() -> {
			assertThat(this.process.isAlive()).as(Files.readString(this.shared.resolve("output"))).isTrue();
			new Socket(InetAddress.getByName(ADDRESS), port).close();
			return Files.exists(file);
		});
		return port;
	}

	private int squid() throws IOException {
		int port = freePort();
		Files.writeString(this.shared.resolve("hosts"), "127.0.0.1 localhost models.internal\n");
		// The password is "geheim".
		Files.writeString(this.shared.resolve("passwords"), "me:$apr1$modelcac$gk33HY26pUEts0fwxTsv/0\n");
		return start(port, """
				http_port %s:%d
				auth_param basic program /usr/lib/squid/basic_ncsa_auth %s/passwords
				acl users proxy_auth REQUIRED
				acl SSL_ports port 443 %d
				http_access deny CONNECT !SSL_ports
				http_access allow users
				http_access deny all
				hosts_file %s/hosts
				pid_filename none
				cache_log stdio:/dev/null
				access_log none
				cache deny all
				shutdown_lifetime 0 seconds
				""".formatted(ADDRESS, port, this.shared, this.tlsServer.port(), this.shared), "/usr/sbin/squid", "-N",
				"-f", this.shared.resolve("proxy.conf").toString());
	}

	private int tinyproxy() throws IOException {
		int port = freePort();
		return start(port, """
				Port %d
				Listen %s
				Timeout 600
				MaxClients 100
				Allow 127.0.0.0/8
				BasicAuth me geheim
				ConnectPort 443
				ConnectPort %d
				""".formatted(port, ADDRESS, this.tlsServer.port()), "/usr/bin/tinyproxy", "-d", "-c",
				this.shared.resolve("proxy.conf").toString());
	}

	private void download(String url, String login, int port) throws IOException {
		assertThat(DownloadedFile.download(this.directory, url, this.content.sha256(),
				Map.of("ALL_PROXY", "http://" + login + ADDRESS + ":" + port), (options) -> {
				}))
			.isEqualTo(this.content.bytes());
	}

	private void check(int port, String plainHost) throws IOException {
		String plain = "http://" + plainHost + ":" + this.server.port() + "/m.gguf";
		String tls = "https://localhost:" + this.tlsServer.port() + "/m.gguf";
		for (String url : List.of(plain, tls)) {
			assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> download(url, "", port))
				.withMessageContaining("the proxy " + ADDRESS + ":" + port + " requires credentials (407)");
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> download(url, "me:wrong@", port))
				.withMessageContaining("the proxy " + ADDRESS + ":" + port);
		}
		download(plain, "me:geheim@", port);
		FileSystemUtils.deleteRecursively(this.directory.resolve("cache"));
		download(tls, "me:geheim@", port);
		FileSystemUtils.deleteRecursively(this.directory.resolve("cache"));
		assertThatExceptionOfType(ModelAccessDeniedException.class)
			.isThrownBy(() -> download("https://localhost:" + this.server.port() + "/other.gguf", "me:geheim@", port))
			.withMessageContaining("refuses to connect to localhost:" + this.server.port() + " (403)");
	}

	@Test
	@Tag("squid")
	void squidServesPlainHttpAndTunnels() throws IOException {
		check(squid(), "models.internal");
	}

	@Test
	@Tag("tinyproxy")
	void tinyproxyServesPlainHttpAndTunnels() throws IOException {
		check(tinyproxy(), "localhost");
	}

}
