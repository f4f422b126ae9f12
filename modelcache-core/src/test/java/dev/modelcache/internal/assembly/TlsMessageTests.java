/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import javax.net.ssl.SNIMatcher;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;

import dev.modelcache.DownloadOptions;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.RawServer;
import dev.modelcache.testsupport.TestCertificate;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import reactor.netty.NettyPipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What an acquisition says about a TLS connection that is not made, and the names that
 * servers are told.
 */
class TlsMessageTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

	private final BlockingQueue<String> names = new LinkedBlockingQueue<>();

	@BeforeEach
	@AfterEach
	void forgetTrustStore() {
		System.clearProperty("javax.net.ssl.trustStore");
		System.clearProperty("javax.net.ssl.trustStorePassword");
	}

	@AfterEach
	void close() throws Exception {
		for (AutoCloseable resource : this.open) {
			resource.close();
		}
	}

	private ModelCacheException failure(String url, Consumer<DownloadOptions> options) {
		return failure(this.directory, url, options);
	}

	private static ModelCacheException failure(Path directory, String url, Consumer<DownloadOptions> options) {
		try (var cache = ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? directory.toString() : null)
			.cache((use) -> use.directory(directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.download((use) -> options
				.accept(use.allowInsecureHttp(true).responseTimeout(PATIENCE).tlsHandshakeTimeout(PATIENCE)))
			.build()) {
			ModelRequest request = ModelRequest.builder("m").url(URI.create(url)).maxAttempts(1).build();
			ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
					() -> cache.get(request).block(PATIENCE));
			assertThat(failure).isInstanceOf(ModelTransferException.class)
				.hasMessageNotContaining("Exception")
				.hasMessageNotContaining("sun.");
			return failure;
		}
	}

	private ModelCacheException failure(String url) {
		return failure(url, (options) -> {
		});
	}

	/** Has this JVM trust a certificate, or who signed it. */
	private void trust(TestCertificate certificate) {
		Path file = this.directory.resolve("trusted.p12");
		System.setProperty("javax.net.ssl.trustStorePassword", certificate.storeTrust(file));
		System.setProperty("javax.net.ssl.trustStore", file.toString());
	}

	private static TestCertificate signed(int start) {
		return TestCertificate.authority("Company CA").sign("localhost", Duration.ofDays(start));
	}

	private int serve(TestCertificate certificate, Consumer<SSLServerSocket> change) {
		return port(RawServer.tls(certificate, (listener) -> {
			SSLParameters parameters = listener.getSSLParameters();
			parameters.setSNIMatchers(List.of(new SNIMatcher(StandardConstants.SNI_HOST_NAME) {

				@Override
				public boolean matches(SNIServerName name) {
					TlsMessageTests.this.names.add(new String(name.getEncoded(), StandardCharsets.US_ASCII));
					return true;
				}

			}));
			listener.setSSLParameters(parameters);
			change.accept(listener);
		}));
	}

	private int serveBytes(byte[] answer) {
		return port(RawServer.sending(answer));
	}

	private int port(RawServer server) {
		this.open.add(server);
		return server.port();
	}

	@ParameterizedTest
	@CsvSource({ "-10, has expired", "10, is not valid yet" })
	void timeOfACertificate(int start, String says) throws Exception {
		TestCertificate keys = signed(start);
		trust(keys);
		assertThat(failure("https://localhost:" + serve(keys, (listener) -> {
		}) + "/m.gguf")).hasMessageContaining("cannot be trusted: it has a certificate that " + says)
			.hasMessageContaining("clock")
			.hasMessageNotContaining("ssl-bundle");
	}

	@Test
	void nameOfACertificate() throws Exception {
		TestCertificate keys = TestCertificate.selfSigned("other.example");
		trust(keys);
		assertThat(failure("https://localhost:" + serve(keys, (listener) -> {
		}) + "/m.gguf"))
			.hasMessageContaining("cannot be trusted: it has a certificate for another host name (other.example)")
			.hasMessageNotContaining("ssl-bundle");
	}

	@Test
	void selfSignedCertificate() throws Exception {
		TestCertificate keys = TestCertificate.selfSigned("localhost");
		assertThat(failure("https://localhost:" + serve(keys, (listener) -> {
		}) + "/m.gguf")).hasMessageContaining("cannot be trusted: it has a self-signed certificate, of CN=localhost")
			.hasMessageContaining("download.ssl-bundle")
			.hasMessageContaining("KeychainStore")
			.hasMessageContaining("Windows-ROOT")
			.hasMessageContaining("trust store of the JVM");
	}

	@Test
	void authorityThatIsUnknown() throws Exception {
		TestCertificate keys = signed(-1);
		assertThat(failure("https://localhost:" + serve(keys, (listener) -> {
		}) + "/m.gguf"))
			.hasMessageContaining("cannot be trusted: it has a certificate of an unknown authority, CN=Company CA")
			.hasMessageContaining("download.ssl-bundle")
			.hasMessageContaining("KeychainStore");
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void serverThatWantsACertificateOfTheClient(String version) throws Exception {
		TestCertificate keys = TestCertificate.selfSigned("localhost");
		trust(keys);
		int port = serve(keys, (listener) -> {
			listener.setEnabledProtocols(new String[] { version });
			listener.setNeedClientAuth(true);
		});
		assertThat(failure("https://localhost:" + port + "/m.gguf"))
			.hasMessageContaining("requires a certificate of the client")
			.hasMessageContaining("key store");
	}

	/** It does without, and then breaks off. */
	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void certificateOfTheClientThatIsOptionalIsNotToBlame(String version) throws Exception {
		TestCertificate keys = TestCertificate.selfSigned("localhost");
		trust(keys);
		byte[] damaged = HexFormat.of().parseHex("1703030020" + "00".repeat(32));
		int port = port(RawServer.start((socket) -> {
			SSLSocket tls = (SSLSocket) keys.sslContext().getSocketFactory().createSocket(socket, null, true);
			tls.setEnabledProtocols(new String[] { version });
			tls.setWantClientAuth(true);
			tls.getInputStream().read(new byte[64]);
			tls.getOutputStream()
				.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nGGUF".getBytes(StandardCharsets.US_ASCII));
			// BoringSSL tells of a record that comes with others when more comes.
			socket.setSoTimeout(50);
			boolean open = true;
			while (open) {
				socket.getOutputStream().write(damaged);
				try {
					open = socket.getInputStream().read(new byte[64]) >= 0;
				}
				catch (SocketTimeoutException ex) {
					// The client still waits.
				}
			}
		}));
		assertThat(failure("https://localhost:" + port + "/m.gguf")).hasMessageContaining("broke the TLS connection")
			.hasMessageNotContaining("certificate of the client");
	}

	/** The alert protocol_version, and a ServerHello of TLS 1.0 (RFC 2246). */
	@ParameterizedTest
	@ValueSource(strings = { "15030100020246",
			"160301002e0200002a0301000000000000000000000000000000000000000000000000000000000000000000002f000002ff01"
					+ "0100" })
	void serverThatSupportsOldVersionsAlone(String answer) throws Exception {
		assertThat(failure("https://localhost:" + serveBytes(HexFormat.of().parseHex(answer)) + "/m.gguf"))
			.hasMessageContaining("supports no version of TLS that is safe")
			.hasMessageNotContaining("ssl-bundle");
	}

	/** RFC 8446, section 6: the level, and what is wrong. */
	@ParameterizedTest
	@CsvSource({ "40, with alert 40 (handshake failure)", "71, with alert 71 (handshake failure)",
			"112, has no certificate for the name localhost", "80, with alert 80" })
	void alertInPlaceOfAHandshake(int alert, String says) throws Exception {
		byte[] answer = { 21, 3, 3, 0, 2, 2, (byte) alert };
		assertThat(failure("https://localhost:" + serveBytes(answer) + "/m.gguf")).hasMessageContaining(says)
			.hasMessageNotContaining("ssl-bundle");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void connectionThatIsClosedDuringTheHandshake(boolean reset) throws Exception {
		int port = port(RawServer.start((socket) -> {
			socket.getInputStream().read(new byte[64]);
			socket.setSoLinger(reset, 0);
			socket.close();
		}));
		assertThat(failure("https://localhost:" + port + "/m.gguf"))
			.hasMessageContaining("closed the connection during the TLS handshake")
			.hasMessageContaining("port accepts https");
	}

	/** Of those that this JVM enables, some are not in Netty's list. */
	@ParameterizedTest
	@ValueSource(
			strings = { "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" })
	void cipherSuiteOfThisJvm(String suite) throws Exception {
		TestCertificate keys = TestCertificate.selfSigned("localhost");
		trust(keys);
		int port = port(RawServer.tls(keys, (listener) -> {
			listener.setEnabledProtocols(new String[] { "TLSv1.2" });
			listener.setEnabledCipherSuites(new String[] { suite });
		}, (socket) -> {
			socket.getInputStream().read(new byte[64]);
			socket.getOutputStream()
				.write("HTTP/1.1 400 No\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
			socket.close();
		}));
		assertThat(failure("https://localhost:" + port + "/m.gguf")).hasMessageContaining("answered 400");
	}

	/** Downloads use no keys. */
	@Test
	void keyStoreOfThisJvmMayBeUnusable() throws Exception {
		int port = serve(TestCertificate.selfSigned("localhost"), (listener) -> {
		});
		try (ForkedJvm jvm = ForkedJvm.start(TlsMessageTests.class,
				List.of("-Djavax.net.ssl.keyStore=" + this.directory.resolve("none.p12")), this.directory,
				"https://localhost:" + port + "/m.gguf")) {
			assertThat(jvm.awaitLine("The model ", PATIENCE)).contains("has a self-signed certificate");
		}
	}

	/**
	 * Prints why a model does not arrive.
	 * @param arguments a directory and the URL
	 */
	public static void main(String[] arguments) {
		System.out.println("The model " + failure(Path.of(arguments[0]), arguments[1], (options) -> {
		}).getMessage());
	}

	@ParameterizedTest
	@CsvSource({ "localhost, localhost", "LocalHost, localhost", "Models.Example, models.example",
			"models.example., models.example", "model_server, model_server", "a_b.example, a_b.example", "127.0.0.1,",
			"::1," })
	void hostsAreNamedAsTheyAre(String host, @Nullable String name) throws Exception {
		SSLEngine engine = SSLContext.getDefault().createSSLEngine(host, 443);
		EmbeddedChannel channel = new EmbeddedChannel();
		channel.pipeline().addLast(NettyPipeline.SslHandler, new SslHandler(engine));
		new TlsWatch(PATIENCE, new ClientKeys()).watch(channel, InetSocketAddress.createUnresolved(host, 443));
		List<SNIServerName> names = engine.getSSLParameters().getServerNames();
		assertThat((names != null) ? names : List.<SNIServerName>of())
			.extracting((sent) -> new String(sent.getEncoded(), StandardCharsets.US_ASCII))
			.isEqualTo((name != null) ? List.of(name) : List.of());
	}

	/** The first record may come in pieces. */
	@ParameterizedTest
	@ValueSource(strings = { "15030100020246",
			"160301002e0200002a0301000000000000000000000000000000000000000000000000000000000000000000002f000002ff01"
					+ "0100" })
	void whatServersSendMayComeByteByByte(String answer) throws Exception {
		EmbeddedChannel channel = new EmbeddedChannel();
		SSLEngine engine = SSLContext.getDefault().createSSLEngine("localhost", 443);
		engine.setUseClientMode(true);
		channel.pipeline().addLast(NettyPipeline.SslHandler, new SslHandler(engine));
		new TlsWatch(PATIENCE, new ClientKeys()).watch(channel, InetSocketAddress.createUnresolved("localhost", 443));
		channel.pipeline().fireChannelActive();
		assertThatThrownBy(() -> {
			for (byte one : HexFormat.of().parseHex(answer)) {
				channel.writeInbound(Unpooled.wrappedBuffer(new byte[] { one }));
			}
			channel.checkException();
		}).hasMessageContaining("supports no version of TLS that is safe");
		channel.releaseOutbound();
	}

	@Test
	void plainHttpBehindAnHttpsUrl() throws Exception {
		int port = serveBytes("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		assertThat(failure("https://localhost:" + port + "/m.gguf"))
			.hasMessageContaining("does not speak TLS at port " + port)
			.hasMessageContaining("scheme of the URL");
	}

	@Test
	void tlsBehindAnHttpUrl() throws Exception {
		int port = serveBytes(HexFormat.of().parseHex("15030300020250"));
		assertThat(failure("http://localhost:" + port + "/m.gguf")).hasMessageContaining("speaks TLS at port " + port)
			.hasMessageContaining("Use https: in the URL");
	}

	/** As nginx, Apache, Go and Tomcat say so. */
	@ParameterizedTest
	@ValueSource(strings = {
			"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<center>The plain HTTP request was sent to HTTPS port",
			"HTTP/1.1 400 Bad Request\r\n\r\nReason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
			"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
			"HTTP/1.1 400 \r\n\r\nBad Request\r\nThis combination of host and port requires TLS.\r\n" })
	void serverBehindAnHttpUrlThatAsksForTls(String answer) throws Exception {
		int port = serveBytes(answer.getBytes(StandardCharsets.US_ASCII));
		assertThat(failure("http://localhost:" + port + "/m.gguf")).hasMessageContaining("speaks TLS at port " + port)
			.hasMessageContaining("Use https: in the URL");
	}

	@Test
	void handshakeThatHangs() throws Exception {
		assertThat(failure("https://localhost:" + serveBytes(new byte[0]) + "/m.gguf",
				(options) -> options.tlsHandshakeTimeout(Duration.ofMillis(200))))
			.hasMessageContaining("did not finish the TLS handshake within 200 ms")
			.hasMessageContaining("download.tls-handshake-timeout");
	}

	@Test
	void serverIsToldTheNameOfTheHost() throws Exception {
		failure("https://localhost:" + serve(TestCertificate.get(), (listener) -> {
		}) + "/m.gguf");
		assertThat(this.names.poll(1, TimeUnit.MINUTES)).isEqualTo("localhost");
	}

	@Test
	void serverIsToldNoAddress() throws Exception {
		failure("https://127.0.0.1:" + serve(TestCertificate.get(), (listener) -> {
		}) + "/m.gguf");
		assertThat(this.names.poll()).isNull();
	}

}
