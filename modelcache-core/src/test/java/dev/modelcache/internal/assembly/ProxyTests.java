/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.modelcache.DownloadOptions;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.SocksProxy;
import dev.modelcache.testsupport.TestCertificate;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import reactor.netty.http.client.HttpClient;
import reactor.netty.transport.ProxyProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Downloads through proxies that the configuration, the system properties of the JVM or
 * environment variables name.
 */
class ProxyTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** The proxy alone could resolve this host. */
	private static final String HTTP = "http://models.example/m.gguf";

	private static final String HTTPS = "https://models.example/m.gguf";

	private final Content content = Content.random(3_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final MisbehavingServer tlsServer = MisbehavingServer.startTls().serve("/m.gguf", this.content);

	@TempDir
	private Path directory;

	@AfterEach
	void close() {
		this.server.close();
		this.tlsServer.close();
	}

	private void download(String url, Map<String, String> environment, Consumer<DownloadOptions> options)
			throws Exception {
		assertThat(DownloadedFile.download(this.directory, url, this.content.sha256(), environment, options))
			.isEqualTo(this.content.bytes());
	}

	private void download(String url, Map<String, String> environment) throws Exception {
		download(url, environment, (options) -> {
		});
	}

	private ModelCacheException failure(String url, Map<String, String> environment,
			Consumer<DownloadOptions> options) {
		ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
				() -> download(url, environment, options));
		assertThat(failure).isNotNull();
		assertThat(failure.toString()).doesNotContain("secret", "geheim");
		return failure;
	}

	private ModelCacheException failure(String url, Map<String, String> environment) {
		return failure(url, environment, (options) -> {
		});
	}

	private static String address(ConnectProxy proxy) {
		return "127.0.0.1:" + proxy.port();
	}

	@ParameterizedTest
	@CsvSource({ "http_proxy, http://models.example/m.gguf", "HTTP_PROXY, http://models.example/m.gguf",
			"all_proxy, http://models.example/m.gguf", "ALL_PROXY, http://models.example/m.gguf" })
	void plainHttpIsRequestedFromTheProxyByAbsoluteUrls(String variable, String url) throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			download(url, Map.of(variable, "http://" + address(proxy)));
			assertThat(proxy.requests()).hasSizeGreaterThan(1)
				.allMatch((request) -> request.startsWith("GET http://models.example/m.gguf HTTP/1.1\r\n"))
				.allMatch((request) -> request.toLowerCase().contains("\r\nhost: models.example\r\n"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" })
	void httpsGoesThroughTunnels(String variable) throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.tlsServer.port())) {
			download("https://localhost:8443/m.gguf", Map.of(variable, address(proxy) + "/"));
			assertThat(proxy.requests()).isNotEmpty()
				.allMatch((request) -> request.startsWith("CONNECT localhost:8443 HTTP/1.1\r\n"));
		}
	}

	static List<String> openings() {
		return List.of("HTTP/1.1 200 OK\n\n", "HTTP/1.1 201 Created\r\n\r\n",
				"HTTP/1.1 200 OK\r\nX-Long: " + "x".repeat(20_000) + "\r\n\r\n", "HTTP/1.0 200\r\n\r\n",
				"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
				"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA B: c\r\n\r\n");
	}

	@ParameterizedTest
	@MethodSource("openings")
	void tunnelIsOpenHoweverTheProxySaysSo(String established) throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.tlsServer.port(), established)) {
			String url = "https://localhost:8443/m.gguf";
			download(url, Map.of("HTTPS_PROXY", "me:geheim@" + address(proxy)));
			assertThat(proxy.requests()).isNotEmpty()
				.allMatch((request) -> request.contains("\r\nproxy-authorization: Basic bWU6Z2VoZWlt\r\n"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://models.example/m.gguf", "https://localhost:8443/m.gguf" })
	void credentialsOfAProxysUrlAreSent(String url) throws Exception {
		int port = url.startsWith("https") ? this.tlsServer.port() : this.server.port();
		try (ConnectProxy proxy = ConnectProxy.authenticating(port, "me@corp:geheim+4711")) {
			download(url, Map.of("all_proxy", "http://me%40corp:geheim+4711@" + address(proxy)));
		}
	}

	@Test
	void configuredCredentialsAreSentForPlainHttp() throws Exception {
		try (ConnectProxy proxy = ConnectProxy.authenticating(this.server.port(), "me:geheim")) {
			download(HTTP, Map.of("HTTP_PROXY", "http://127.0.0.1:1"),
					(options) -> options.proxyHost("127.0.0.1")
						.proxyPort(proxy.port())
						.proxyUsername("me")
						.proxyPassword("geheim"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "http:/%s", "HTTP:///%s/", "http://%s/path?query", "@%s" })
	void variableIsReadAsCurlReadsIt(String form) throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			download(HTTP, Map.of("http_proxy", form.formatted(address(proxy))));
		}
	}

	@Test
	void lowerCaseWins() throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			download(HTTP,
					Map.of("http_proxy", address(proxy), "HTTP_PROXY", "127.0.0.1:1", "all_proxy", "127.0.0.1:1"));
		}
	}

	@Test
	void upperCaseIsReadWhereLowerCaseIsEmpty() throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			download(HTTP, Map.of("http_proxy", "", "HTTP_PROXY", address(proxy)));
		}
	}

	@Test
	void variableOfTheOtherSchemeIsNotUsed() throws Exception {
		download(this.server.uri("/m.gguf").toString(), Map.of("HTTPS_PROXY", "127.0.0.1:1"));
	}

	@Test
	void upperCaseHttpProxyOfACgiProgramIsTheClientsHeader() throws Exception {
		download(this.server.uri("/m.gguf").toString(), Map.of("REQUEST_METHOD", "GET", "HTTP_PROXY", "127.0.0.1:1"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "NO_PROXY", "no_proxy" })
	void hostsThatNeedNoProxyAreConnectedToDirectly(String variable) throws Exception {
		download(this.server.uri("/m.gguf").toString(),
				Map.of("HTTP_PROXY", "127.0.0.1:1", variable, "example.com, 127.0.0.0/8"));
	}

	@Test
	void configuredHostsThatNeedNoProxyAreConnectedToDirectly() throws Exception {
		download(this.server.uri("/m.gguf").toString(), Map.of(),
				(options) -> options.proxyHost("127.0.0.1").proxyPort(1).noProxy(List.of("127.0.0.1")));
	}

	@Test
	void configuredHostsThatNeedNoProxyHoldForTheEnvironmentsProxy() throws Exception {
		download(this.server.uri("/m.gguf").toString(), Map.of("HTTP_PROXY", "127.0.0.1:1"),
				(options) -> options.noProxy(List.of("127.0.0.1")));
	}

	@Test
	void configuredProxyWinsOverTheEnvironment() throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			download(HTTP, Map.of("HTTP_PROXY", "127.0.0.1:1", "NO_PROXY", "*"),
					(options) -> options.proxyHost("127.0.0.1").proxyPort(proxy.port()));
		}
	}

	@Test
	void systemPropertiesWinOverTheEnvironment() throws Exception {
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			System.setProperty("http.proxyHost", "127.0.0.1");
			System.setProperty("http.proxyPort", String.valueOf(proxy.port()));
			download(HTTP, Map.of("HTTP_PROXY", "127.0.0.1:1"));
			// http.nonProxyHosts contains the loopback interface.
			download(this.server.uri("/m.gguf").toString(), Map.of("HTTP_PROXY", "127.0.0.1:1"));
			assertThat(proxy.requests()).allMatch((request) -> request.startsWith("GET http://models.example/"));
		}
		finally {
			System.clearProperty("http.proxyHost");
			System.clearProperty("http.proxyPort");
		}
	}

	@Test
	void redirectChoosesItsProxyAnew() throws Exception {
		this.server.always("/start", Reply.redirect(302, "https://localhost:8443/m.gguf"));
		try (ConnectProxy plain = ConnectProxy.tunnelling(this.server.port());
				ConnectProxy tls = ConnectProxy.tunnelling(this.tlsServer.port())) {
			download("http://models.example/start", Map.of("HTTP_PROXY", address(plain), "HTTPS_PROXY", address(tls)),
					(options) -> options.blockPrivateRedirects(false));
			assertThat(plain.requests()).first().asString().startsWith("GET http://models.example/start ");
			assertThat(tls.requests()).first().asString().startsWith("CONNECT localhost:8443 ");
		}
	}

	@Test
	void proxyIsLoggedOnceWithoutItsCredentials() throws Exception {
		Logger logger = (Logger) LoggerFactory.getLogger(ProxyRoutes.class);
		ListAppender<ILoggingEvent> lines = new ListAppender<>();
		lines.start();
		logger.addAppender(lines);
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			download(HTTP, Map.of("HTTP_PROXY", "http://me:geheim@" + address(proxy)));
			assertThat(lines.list).extracting(ILoggingEvent::getFormattedMessage)
				.containsExactly("Downloads of http URLs use the proxy " + address(proxy)
						+ " (environment variable HTTP_PROXY)");
		}
		finally {
			logger.detachAppender(lines);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTP, HTTPS })
	void proxyThatRequiresCredentialsIsNamedWithTheVariable(String url) {
		try (ConnectProxy proxy = ConnectProxy.authenticating(1, "me:geheim")) {
			assertThat(failure(url, Map.of("ALL_PROXY", address(proxy)))).isInstanceOf(ModelAccessDeniedException.class)
				.hasMessageContaining("the proxy " + address(proxy) + " requires credentials (407)")
				.hasMessageContaining("environment variable ALL_PROXY");
			assertThat(failure(url, Map.of("ALL_PROXY", "me:secret@" + address(proxy))))
				.isInstanceOf(ModelAccessDeniedException.class)
				.hasMessageContaining("the proxy " + address(proxy) + " rejects the configured credentials (407)")
				.hasMessageContaining("environment variable ALL_PROXY");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "Negotiate | Negotiate", "NTLM, Negotiate abc== | NTLM or Negotiate",
			"Digest realm=\"a, b\", nonce=\"c\" | Digest", "dIGEST realm=\"me, geheim is wrong\", nonce=\"c\" | Digest",
			"Digest realm=\"\\\", geheim, x\" | Digest", "Digest realm=\"me, geheim is wrong | Digest",
			"Digest realm=\"No, Basic is off\" | Digest",
			"Digest realm=me, geheim is wrong | Digest or another kind of", "secret | another kind of" })
	void authenticationThatIsNotSupportedIsNamed(String challenge, String schemes) {
		try (ConnectProxy proxy = ConnectProxy.answering("407 No", "Proxy-Authenticate: " + challenge)) {
			for (String url : List.of(HTTP, HTTPS)) {
				assertThat(failure(url, Map.of("ALL_PROXY", "me:secret@" + address(proxy))))
					.isInstanceOf(ModelAccessDeniedException.class)
					.hasMessageContaining(
							"the proxy " + address(proxy) + " requires " + schemes + " authentication (407)")
					.hasMessageContaining("Only Basic authentication is supported");
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "404 Not Found, does not support the method CONNECT (404)",
			"501 No, does not support the method CONNECT (501)" })
	void serverThatIsNoProxyIsNamed(String status, String says) {
		try (ConnectProxy proxy = ConnectProxy.answering(status)) {
			assertThat(failure(HTTPS, Map.of("ALL_PROXY", address(proxy)))).isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("the proxy " + address(proxy) + " " + says)
				.hasMessageContaining("the port of the proxy");
		}
	}

	@Test
	void whatSpeaksNoHttpIsNoProxy() {
		try (ConnectProxy proxy = ConnectProxy.start(1, (request) -> "nonsense\r\n\r\n")) {
			assertThat(failure(HTTPS, Map.of("ALL_PROXY", address(proxy))))
				.hasMessageContaining("the proxy " + address(proxy) + " answered with something other than HTTP");
			assertThat(failure(HTTP, Map.of("ALL_PROXY", address(proxy))))
				.hasMessageContaining("through the proxy " + address(proxy));
		}
	}

	/** Some firewalls open the tunnel and answer in it themselves. */
	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 403 Forbidden\r\n\r\n", "" })
	void proxyThatBreaksTlsIsNamed(String tunnelled) throws IOException {
		try (ConnectProxy proxy = ConnectProxy.start(1, (request) -> ConnectProxy.ESTABLISHED + tunnelled + "x")) {
			assertThat(failure(HTTPS, Map.of("ALL_PROXY", address(proxy)),
					(options) -> options.tlsHandshakeTimeout(Duration.ofMillis(300))))
				.isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("through the proxy " + address(proxy));
		}
	}

	@ParameterizedTest
	@CsvSource({ "403 Forbidden, http://models.example/m.gguf", "403 Forbidden, https://models.example/m.gguf",
			"502 Bad Gateway, http://models.example/m.gguf", "502 Bad Gateway, https://models.example/m.gguf" })
	void refusalNamesTheProxyAndTheHost(String status, String url) {
		try (ConnectProxy proxy = ConnectProxy.answering(status)) {
			assertThat(failure(url, Map.of("ALL_PROXY", address(proxy))))
				.hasMessageContaining("the proxy " + address(proxy))
				.hasMessageContaining("models.example:" + (url.startsWith("https") ? "443" : "80"))
				.hasMessageContaining(status.substring(0, 3))
				.hasMessageNotContaining("ssl-bundle");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTP, HTTPS })
	void silentProxyIsNamed(String url) throws IOException {
		try (ServerSocket silent = new ServerSocket(0, 16, InetAddress.getByName("127.0.0.1"))) {
			assertThat(failure(url, Map.of("ALL_PROXY", "127.0.0.1:" + silent.getLocalPort()),
					(options) -> options.responseTimeout(Duration.ofMillis(300))))
				.isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("through the proxy 127.0.0.1:" + silent.getLocalPort());
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTP, HTTPS })
	void proxyThatDoesNotListenIsNamed(String url) throws IOException {
		try (Socket taken = new Socket()) {
			// No other process gets the port, and nothing listens.
			taken.bind(new InetSocketAddress("127.0.0.1", 0));
			String proxy = "127.0.0.1:" + taken.getLocalPort();
			assertThat(failure(url, Map.of("ALL_PROXY", proxy))).isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("the proxy " + proxy + " does not accept connections")
				.hasMessageContaining("environment variable ALL_PROXY");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTP, HTTPS })
	void unknownNameOfAProxyIsNamed(String url) {
		assertThat(failure(url, Map.of("ALL_PROXY", "http://proxy.invalid:3128")))
			.isInstanceOf(ModelTransferException.class)
			.hasMessageContaining("the proxy proxy.invalid:3128 has an unknown host name");
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTP, HTTPS })
	void proxyThatClosesTheConnectionIsNamed(String url) {
		try (ConnectProxy proxy = ConnectProxy.closing()) {
			assertThat(failure(url, Map.of("ALL_PROXY", address(proxy)))).isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("the proxy " + address(proxy))
				.hasMessageNotContaining("trusted");
		}
	}

	@Test
	void proxyIsFoundAtAnyOfItsAddresses() throws Exception {
		// On one of the addresses of localhost, the port is not in use.
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			download(HTTP, Map.of("ALL_PROXY", "http://localhost:" + proxy.port()));
		}
	}

	@ParameterizedTest
	@CsvSource({ "socks5, http://models.example/m.gguf", "socks5h, https://localhost:8443/m.gguf" })
	void socksProxyConnectsToNames(String scheme, String url) throws Exception {
		int target = url.startsWith("https") ? this.tlsServer.port() : this.server.port();
		try (SocksProxy proxy = new SocksProxy(target, 0)) {
			download(url, Map.of("ALL_PROXY", scheme + "://me:geheim@127.0.0.1:" + proxy.port()));
			assertThat(proxy.hosts()).isNotEmpty().containsOnly(URI.create(url).getHost());
		}
	}

	@Test
	void socksProxyThatDoesNotReachTheHostIsNamed() throws Exception {
		try (SocksProxy proxy = new SocksProxy(1, 4)) {
			assertThat(failure(HTTPS, Map.of("ALL_PROXY", "socks5h://me:geheim@127.0.0.1:" + proxy.port())))
				.isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("the proxy 127.0.0.1:" + proxy.port() + " does not connect to models.example:443")
				.hasMessageContaining("environment variable ALL_PROXY");
		}
	}

	@Test
	void socksProxyOfTheConnectorThatDoesNotReachTheHostIsNamed() throws Exception {
		try (SocksProxy proxy = new SocksProxy(1, 4)) {
			assertThat(failureOfConnector((spec) -> spec.type(ProxyProvider.Proxy.SOCKS5)
				.host("127.0.0.1")
				.port(proxy.port())
				.username("me")
				.password((user) -> "geheim")))
				.hasMessageContaining("the proxy 127.0.0.1:" + proxy.port() + " does not connect to models.example:443")
				.hasMessageContaining("configured by the application's HTTP connector");
		}
	}

	@Test
	void proxyOfTheConnectorThatDoesNotAnswerIsNamed() throws Exception {
		try (ServerSocket silent = new ServerSocket(0, 16, InetAddress.getByName("127.0.0.1"))) {
			assertThat(failureOfConnector((spec) -> spec.type(ProxyProvider.Proxy.HTTP)
				.host("127.0.0.1")
				.port(silent.getLocalPort())
				.connectTimeoutMillis(200)))
				.hasMessageContaining(
						"the proxy 127.0.0.1:" + silent.getLocalPort() + " does not connect to models.example:443")
				.hasMessageContaining("configured by the application's HTTP connector");
		}
	}

	@Test
	void tunnelOfTheConnectorsProxyIsOpenHoweverItSaysSo() throws Exception {
		String established = "HTTP/1.1 201 OK\nX-Long: " + "x".repeat(20_000) + "\n\n";
		SslContext trusting = SslContextBuilder.forClient().trustManager(TestCertificate.get().trust()).build();
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.tlsServer.port(), established);
				ModelCache cache = cache(HttpClient.create()
					.secure((tls) -> tls.sslContext(trusting))
					.proxy((spec) -> spec.type(ProxyProvider.Proxy.HTTP)
						.host("127.0.0.1")
						.port(proxy.port())
						.httpHeaders((headers) -> headers.set("X-Tenant", "a"))))) {
			ModelRequest request = ModelRequest.builder("m")
				.url(URI.create("https://localhost:8443/m.gguf"))
				.expectedDigest(this.content.sha256())
				.build();
			assertThat(cache.get(request).block(PATIENCE).path()).matches(this.content::isIn);
			assertThat(proxy.requests()).allMatch((sent) -> sent.contains("\r\nX-Tenant: a\r\n"));
		}
	}

	private ModelCache cache(HttpClient client) {
		return ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? this.directory.toString() : null)
			.verifyFormat(FormatVerification.OFF)
			.cache((use) -> use.directory(this.directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.connectors((rules) -> new ReactorClientHttpConnector(rules.prepare(client)))
			.build();
	}

	private ModelCacheException failureOfConnector(Consumer<ProxyProvider.TypeSpec> proxy) {
		try (ModelCache cache = cache(HttpClient.create().proxy(proxy))) {
			ModelRequest request = ModelRequest.builder("m").url(URI.create(HTTPS)).maxAttempts(1).build();
			ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
					() -> cache.get(request).block(PATIENCE));
			assertThat(failure).isInstanceOf(ModelTransferException.class).hasMessageNotContaining("geheim");
			return failure;
		}
	}

	/** To a proxy, and through it to the host. */
	@ParameterizedTest
	@ValueSource(strings = { "http://models.example/m.gguf", "https://localhost:8443/m.gguf" })
	void proxyIsSpokenToByTls(String url) throws Exception {
		int target = url.startsWith("https") ? this.tlsServer.port() : this.server.port();
		try (ConnectProxy proxy = ConnectProxy.tls(target, TestCertificate.get())) {
			download(url, Map.of("ALL_PROXY", "https://me:geheim@localhost:" + proxy.port()));
			assertThat(proxy.requests()).hasSizeGreaterThan(1)
				.allMatch(
						(request) -> request.toLowerCase().contains("\r\nproxy-authorization: basic bwu6z2vozwlt\r\n"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTP, HTTPS })
	void certificateOfAProxyIsChecked(String url) {
		try (ConnectProxy proxy = ConnectProxy.tls(1, TestCertificate.selfSigned("localhost"))) {
			assertThat(failure(url, Map.of("ALL_PROXY", "https://localhost:" + proxy.port())))
				.isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("cannot be reached: the proxy localhost:" + proxy.port()
						+ " cannot be trusted: it has a certificate of an unknown authority");
			assertThat(proxy.requests()).isEmpty();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTP, HTTPS })
	void proxyThatDoesNotSpeakTlsIsNamed(String url) {
		try (ConnectProxy proxy = ConnectProxy.start(1, (request) -> "nonsense\r\n\r\n")) {
			assertThat(failure(url, Map.of("ALL_PROXY", "https://localhost:" + proxy.port()),
					(options) -> options.tlsHandshakeTimeout(Duration.ofMillis(300))))
				.isInstanceOf(ModelTransferException.class)
				.hasMessageContaining(
						"cannot be reached: the proxy localhost:" + proxy.port() + " does not make a TLS connection")
				.hasMessageContaining("environment variable ALL_PROXY");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://", "http://proxy:port", "http://me:geheim@proxy:99999", "ftp://proxy",
			"http:proxy:1", "http=proxy:1;https=proxy:1", "http://proxy:1,http://other:1", "PROXY proxy:1; DIRECT" })
	void variableThatNamesNoUsableProxyIsAnError(String value) {
		assertThat(failure(HTTPS, Map.of("HTTPS_PROXY", value))).isInstanceOf(ModelConfigurationException.class)
			.hasMessageContaining("HTTPS_PROXY");
	}

	@Test
	void privateAddressIsNotAskedOfTheEnvironmentsProxy() {
		this.server.always("/start", Reply.redirect(302, "http://127.0.0.1:1/secret"));
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port())) {
			assertThat(failure("http://models.example/start", Map.of("HTTP_PROXY", address(proxy))))
				.hasMessageContaining("private address");
			assertThat(proxy.requests()).hasSize(1);
		}
	}

}
