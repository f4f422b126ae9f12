/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.ConnectorRules;
import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import io.netty.util.concurrent.ImmediateEventExecutor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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

	/** RFC 6761, section 6.3. */
	@ParameterizedTest
	@ValueSource(strings = { "localhost", "LocalHost.", "a.localhost" })
	void localhostIsEveryAddressOfThisMachine(String name) throws Exception {
		InetAddress other = InetAddress.getByName("127.0.0.2");
		CheckedResolvers resolvers = new CheckedResolvers(new Allowing(), null, null, (host) -> {
			if (host.equals("a.localhost")) {
				throw new UnknownHostException(host);
			}
			return new InetAddress[] { other };
		}, Schedulers.immediate());
		List<InetAddress> found = resolvers.getResolver(ImmediateEventExecutor.INSTANCE)
			.resolveAll(InetSocketAddress.createUnresolved(name, 80))
			.get()
			.stream()
			.map(InetSocketAddress::getAddress)
			.toList();
		InetAddress loopback = InetAddress.getLoopbackAddress();
		assertThat(found).contains(loopback)
			.containsAll(Collections.list(NetworkInterface.getByInetAddress(loopback).getInetAddresses())
				.stream()
				.filter(InetAddress::isLoopbackAddress)
				.toList());
		assertThat(found.indexOf(other)).isEqualTo(name.equals("a.localhost") ? -1 : 0);
	}

	/**
	 * Another JVM has a hosts file with three addresses on which nothing listens before
	 * the one that does, for a host and for the proxy that its environment names.
	 */
	@Test
	void hostAndProxyAreFoundAtTheLastOfTheirAddresses() throws Exception {
		String direct = "direct.example";
		String hosts = Stream.of("127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1")
			.map((address) -> address + " " + direct + " proxy.example\n")
			.collect(Collectors.joining());
		Path file = Files.writeString(this.directory.resolve("hosts"), hosts);
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);
				ConnectProxy proxy = ConnectProxy.tunnelling(server.port())) {
			String directUrl = "http://" + direct + ":" + server.port() + "/m.gguf";
			String proxiedUrl = "http://models.example/m.gguf";
			List<String> environment = List.of("env", "-u", "http_proxy", "-u", "no_proxy", "-u", "all_proxy", "-u",
					"ALL_PROXY", "-u", "REQUEST_METHOD", "NO_PROXY=" + direct,
					"HTTP_PROXY=http://proxy.example:" + proxy.port());
			try (ForkedJvm jvm = ForkedJvm.startBy(environment, DownloadedFile.class,
					List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-Djdk.net.hosts.file=" + file), this.directory,
					this.content.sha256(), directUrl, proxiedUrl)) {
				jvm.awaitLine(this.content.size() + " bytes of " + directUrl, PATIENCE);
				jvm.awaitLine(this.content.size() + " bytes of " + proxiedUrl, PATIENCE);
				assertThat(proxy.requests()).isNotEmpty()
					.allSatisfy((request) -> assertThat(request).startsWith("GET " + proxiedUrl));
			}
		}
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
