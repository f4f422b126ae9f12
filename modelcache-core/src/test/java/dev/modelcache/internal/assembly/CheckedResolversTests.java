/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.modelcache.ConnectorRules;
import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import io.netty.util.concurrent.ImmediateEventExecutor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CheckedResolvers}, and for hosts with several addresses.
 */
class CheckedResolversTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content content = Content.random(3_000_000, 1);

	@Test
	void eachAddressGetsItsShareOfTheTimeAndTheLastOneAllOfIt() throws Exception {
		CheckedResolvers resolvers = new CheckedResolvers(new Allowing(), null, null,
				(host) -> new InetAddress[] { InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.3"),
						InetAddress.getByName("127.0.0.4"), InetAddress.getByName("127.0.0.1") },
				Schedulers.immediate());
		List<InetSocketAddress> found = resolvers.getResolver(ImmediateEventExecutor.INSTANCE)
			.resolveAll(InetSocketAddress.createUnresolved("models.example", 443))
			.get();
		assertThat(found).extracting((address) -> address.getAddress().getHostAddress())
			.containsExactly("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1");
		assertThat(found).extracting((address) -> ((CheckedResolvers.Candidate) address).connectTimeoutMillis())
			.containsExactly(2500, 2500, 2500, 10_000);
	}

	/**
	 * Another JVM has a hosts file with three addresses on which nothing listens before
	 * the one that does.
	 */
	@Test
	void hostIsFoundAtTheLastOfItsAddresses() throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);
				ForkedJvm jvm = download("http://models.example:" + server.port() + "/m.gguf", "HTTP_PROXY=",
						"models.example")) {
			jvm.awaitLine("downloaded " + this.content.size(), PATIENCE);
		}
	}

	@Test
	void proxyIsFoundAtTheLastOfItsAddresses() throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);
				ConnectProxy proxy = ConnectProxy.tunnelling(server.port());
				ForkedJvm jvm = download("http://models.example/m.gguf",
						"HTTP_PROXY=http://proxy.example:" + proxy.port(), "proxy.example")) {
			jvm.awaitLine("downloaded " + this.content.size(), PATIENCE);
		}
	}

	private ForkedJvm download(String url, String variable, String host) throws IOException {
		Path hosts = Files.writeString(this.directory.resolve("hosts"), """
				127.0.0.3 %s
				127.0.0.4 %s
				127.0.0.5 %s
				127.0.0.1 %s
				""".formatted(host, host, host, host));
		return ForkedJvm.startBy(
				List.of("env", "-u", "http_proxy", "-u", "no_proxy", "-u", "NO_PROXY", "-u", "all_proxy", "-u",
						"ALL_PROXY", variable),
				DownloadedFile.class, List.of("-Xmx256m", "-Djdk.net.hosts.file=" + hosts), this.directory, url,
				this.content.sha256());
	}

	private static final class Allowing implements ConnectorRules {

		@Override
		public Duration connectTimeout() {
			return Duration.ofSeconds(10);
		}

		@Override
		public @Nullable InetSocketAddress proxy() {
			return null;
		}

		@Override
		public boolean hasProxyCredentials() {
			return false;
		}

		@Override
		public boolean bypassesProxies() {
			return false;
		}

		@Override
		public boolean allows(InetSocketAddress address) {
			return true;
		}

		@Override
		public boolean allows(InetAddress address) {
			return true;
		}

		@Override
		public IOException refused(String host, @Nullable Throwable cause) {
			return new IOException(host, cause);
		}

		@Override
		public HttpClient prepare(HttpClient client) {
			return client;
		}

	}

}
