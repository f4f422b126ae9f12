/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

import javax.net.ssl.SSLException;

import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.TestCertificate;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A TLS handshake that is broken off says nothing about the certificate: it is tried
 * again. A certificate that is not trusted is for good.
 */
class TlsFaultTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private final Content content = Content.random(4_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.startTls().serve("/m.gguf", this.content);

	@AfterEach
	void close() {
		this.server.close();
	}

	/** Reactor Netty itself tries once more, so several in a row. */
	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = "DAMAGE")
	void firstHandshakesThatFailAreTriedAgain(Fault fault) throws Exception {
		download((number) -> number < 2, fault, 1);
	}

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = "DAMAGE")
	void handshakeThatFailsLaterDoesNotEndTheDownload(Fault fault) throws Exception {
		download((number) -> number == 2 || number == 3, fault, 4);
	}

	@Test
	void handshakeOfAContinuationThatFailsDoesNotEndTheDownload() throws Exception {
		this.server.script("/m.gguf", Reply.ok().cutAfter(1_000_000));
		download((number) -> number == 1 || number == 2, Fault.CLOSE, 1);
	}

	/** Of what came before it, nothing is fetched again. */
	@ParameterizedTest
	@ValueSource(ints = { 1, 4 })
	void damagedRecordInTheMiddleOfABodyDoesNotEndTheDownload(int connections) throws Exception {
		download((number) -> number < 2, Fault.DAMAGE, connections);
		long first = this.server.requests("/m.gguf")
			.stream()
			.filter((request) -> String.valueOf(request.range()).startsWith("bytes=0-"))
			.count();
		assertThat(first).as("requests for the first byte").isOne();
	}

	@Test
	void untrustedCertificateIsNotTriedAgain() throws Exception {
		try (Relay relay = new Relay(this.server.port(), (number) -> false, Fault.CLOSE);
				CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.httpClient(HttpClient.create(ConnectionProvider.newConnection()));
			fixture.open(request(relay, 3));
			assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("cannot be trusted")
				.withMessageContaining("ssl-bundle");
			assertThat(relay.connections()).isEqualTo(1);
		}
	}

	private void download(IntPredicate broken, Fault fault, int connections) throws Exception {
		try (Relay relay = new Relay(this.server.port(), broken, fault);
				CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.transfer(new TransferSettings(DataSize.ofKilobytes(256), connections, DataSize.ofMegabytes(1),
					PATIENCE, PATIENCE, 5, true));
			SslContext trusting = trusting();
			fixture.httpClient(HttpClient.create(ConnectionProvider.newConnection())
				.secure((spec) -> spec.sslContext(trusting)
					.handshakeTimeout((fault == Fault.HANG) ? Duration.ofSeconds(2) : PATIENCE)));
			// A slow machine may need more than two seconds for a good handshake, too.
			fixture.open(request(relay, 60));
			assertThat(fixture.get("m").path()).hasDigest("SHA-256", this.content.sha256().hex());
		}
	}

	private ModelRequest request(Relay relay, int attempts) {
		return ModelRequest.builder("m")
			.url(URI.create("https://127.0.0.1:" + relay.port() + "/m.gguf"))
			.expectedDigest(this.content.sha256())
			.maxAttempts(attempts)
			.build();
	}

	private static SslContext trusting() throws SSLException {
		return SslContextBuilder.forClient().trustManager(TestCertificate.get().trust()).build();
	}

	private enum Fault {

		CLOSE, RESET, HANG, ALERT,

		/** After the handshake, in a record of the body. */
		DAMAGE

	}

	/** Passes connections on, but breaks the handshakes or the bodies of some. */
	private static final class Relay implements AutoCloseable {

		/** RFC 8446, section 6: an alert, fatal, internal_error. */
		private static final byte[] INTERNAL_ERROR = { 21, 3, 3, 0, 2, 2, 80 };

		/** More than a handshake, and less than the shortest body. */
		private static final long DAMAGED = 500_000;

		private final ServerSocket listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());

		private final AtomicInteger connections = new AtomicInteger();

		private final List<Socket> sockets = new CopyOnWriteArrayList<>();

		private final int target;

		private final IntPredicate broken;

		private final Fault fault;

		Relay(int target, IntPredicate broken, Fault fault) throws IOException {
			this.target = target;
			this.broken = broken;
			this.fault = fault;
			start(this::accept);
		}

		int port() {
			return this.listener.getLocalPort();
		}

		int connections() {
			return this.connections.get();
		}

		private static void start(Work work) {
			Thread thread = new Thread(() -> {
				try {
					work.run();
				}
				catch (IOException ex) {
					// The other end, or the test, has closed.
				}
			}, "relay");
			thread.setDaemon(true);
			thread.start();
		}

		private void accept() throws IOException {
			while (true) {
				Socket client = this.listener.accept();
				this.sockets.add(client);
				int number = this.connections.getAndIncrement();
				start(() -> serve(client, number));
			}
		}

		private void serve(Socket client, int number) throws IOException {
			boolean broken = this.broken.test(number);
			if (!broken || this.fault == Fault.DAMAGE) {
				Socket upstream = new Socket(InetAddress.getLoopbackAddress(), this.target);
				this.sockets.add(upstream);
				start(() -> copy(client, upstream, Long.MAX_VALUE));
				copy(upstream, client, broken ? DAMAGED : Long.MAX_VALUE);
				return;
			}
			InputStream hello = client.getInputStream();
			hello.read(new byte[64]);
			switch (this.fault) {
				case CLOSE -> client.close();
				case RESET -> {
					client.setSoLinger(true, 0);
					client.close();
				}
				case ALERT -> {
					client.getOutputStream().write(INTERNAL_ERROR);
					hello.transferTo(OutputStream.nullOutputStream());
				}
				case HANG, DAMAGE -> hello.transferTo(OutputStream.nullOutputStream());
			}
		}

		/** Inverts one byte on the way. */
		private static void copy(Socket from, Socket to, long damaged) throws IOException {
			try (from; to) {
				InputStream in = from.getInputStream();
				byte[] bytes = new byte[16 << 10];
				long position = 0;
				for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
					if (damaged >= position && damaged < position + length) {
						bytes[(int) (damaged - position)] ^= 0x10;
					}
					to.getOutputStream().write(bytes, 0, length);
					position += length;
				}
			}
		}

		@Override
		public void close() throws IOException {
			this.listener.close();
			for (Socket socket : this.sockets) {
				socket.close();
			}
		}

		private interface Work {

			void run() throws IOException;

		}

	}

}
