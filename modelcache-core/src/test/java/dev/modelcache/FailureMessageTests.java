/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLSocket;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.NetworkCases;
import dev.modelcache.testsupport.RawServer;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.SocksProxy;
import dev.modelcache.testsupport.TestCertificate;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Every message of {@code docs/errors.md}, as an acquisition fails with it.
 */
class FailureMessageTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final Content CONTENT = NetworkCases.model(9 << 18);

	private static final String SIGNED = "?Expires=1000&Signature=x";

	@TempDir
	Path directory;

	private final List<AutoCloseable> open = new ArrayList<>();

	private final Map<String, String> environment = new HashMap<>();

	private Consumer<ModelCacheBuilder> cache = (builder) -> {
	};

	private Consumer<ModelRequest.Builder> model = (builder) -> {
	};

	/** What stands for something else in each run. */
	private final Map<String, String> variable = new LinkedHashMap<>();

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

	static Stream<Arguments> failures() {
		return Stream.of(network(), tls(), answers(), bodies(), redirects(), proxies())
			.flatMap(List::stream)
			.map((row) -> Arguments.of(row.cause, row));
	}

	private static List<Row> network() {
		return List.of(new Row(Reason.UNREACHABLE, (test) -> test.get("http://127.0.0.1:" + test.unusedPort())),
				new Row(Reason.UNREACHABLE, (test) -> test.get("http://models.invalid")),
				new Row(Reason.TIMEOUT, (test) -> {
					test.downloads((options) -> options.responseTimeout(Duration.ofMillis(200)));
					return test.always(Reply.ok().stallBeforeHeaders());
				}), new Row(Reason.RESET, (test) -> test.always(Reply.dropped())),
				new Row(Reason.RESET, (test) -> test.always(Reply.ok().cutAfter(100))),
				new Row(Reason.STALLED, (test) -> {
					test.downloads((options) -> options.stallTimeout(Duration.ofMillis(200)));
					return test.always(Reply.ok().stallAfter(100));
				}), new Row(Reason.NO_CLIENT, (test) -> {
					test.cache = (builder) -> builder.connectors((rules) -> {
						throw new IllegalStateException("the bundle has no such alias");
					});
					return test.always(Reply.ok());
				}), new Row(Reason.CIRCUIT_OPEN, (test) -> {
					CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();
					MisbehavingServer server = test.server();
					test.cache = (builder) -> builder.circuitBreakerRegistry(registry);
					registry.circuitBreaker("modelcache-127.0.0.1:" + server.port()).transitionToForcedOpenState();
					return test.get("http://127.0.0.1:" + server.port());
				}));
	}

	private static List<Row> tls() {
		return List.of(new Row(Reason.UNTRUSTED, (test) -> test.tls(TestCertificate.selfSigned("localhost"), false)),
				new Row(Reason.UNTRUSTED, (test) -> test.tls(signed(-1), false)),
				new Row(Reason.UNTRUSTED, (test) -> test.tls(signed(-10), true)),
				new Row(Reason.UNTRUSTED, (test) -> test.tls(signed(10), true)),
				new Row(Reason.UNTRUSTED, (test) -> test.tls(TestCertificate.selfSigned("other.example"), true)),
				new Row(Reason.TLS_FAILED,
						(test) -> test
							.tls(RawServer.tls(test.trusted(), (listener) -> listener.setNeedClientAuth(true)))),
				new Row(Reason.TLS_FAILED, FailureMessageTests::withExpiredKeys),
				new Row(Reason.TLS_FAILED, (test) -> test.bytes("15030100020246")),
				new Row(Reason.TLS_FAILED, (test) -> test.bytes("15030300020228")),
				new Row(Reason.TLS_FAILED, (test) -> test.bytes("15030300020270")),
				new Row(Reason.TLS_FAILED, (test) -> test.bytes("15030300020250")),
				new Row(Reason.TLS_FAILED, (test) -> test.tls(RawServer.start(Socket::close))),
				new Row(Reason.TLS_FAILED, (test) -> test.tls(damaging(test.trusted()))),
				new Row(Reason.TLS_FAILED, (test) -> test.bytes(hex("HTTP/1.1 400 Bad Request\r\n\r\n"))),
				new Row(Reason.TLS_FAILED, (test) -> {
					RawServer server = RawServer.sending(HexFormat.of().parseHex("15030300020250"));
					test.open.add(server);
					return test.get("http://127.0.0.1:" + server.port());
				}), new Row(Reason.TLS_FAILED, (test) -> {
					test.downloads((options) -> options.tlsHandshakeTimeout(Duration.ofMillis(200)));
					return test.bytes("");
				}));
	}

	private static String hex(String text) {
		return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
	}

	private static TestCertificate signed(int start) {
		return TestCertificate.authority("Company CA").sign("localhost", Duration.ofDays(start));
	}

	/** Sends a record that nothing decrypts, for as long as the client waits. */
	private static RawServer damaging(TestCertificate certificate) {
		return RawServer.start((socket) -> {
			SSLSocket tls = (SSLSocket) certificate.sslContext().getSocketFactory().createSocket(socket, null, true);
			tls.getInputStream().read(new byte[64]);
			socket.getOutputStream().write(HexFormat.of().parseHex("1703030020" + "00".repeat(32)));
			socket.getInputStream().read();
		});
	}

	private static List<Row> answers() {
		Function<Integer, Failing> status = (code) -> (test) -> test.always(Reply.status(code));
		Reply busy = Reply.status(429);
		return List.of(new Row(Reason.SERVER_ERROR, status.apply(500)), new Row(Reason.SERVER_ERROR, status.apply(421)),
				new Row(Reason.SERVER_ERROR, status.apply(425)), new Row(Reason.NOT_READY, status.apply(202)),
				new Row(Reason.LOGIN_REQUIRED, status.apply(511)), new Row(Reason.TOO_MANY_REQUESTS, status.apply(429)),
				new Row(Reason.TOO_BUSY, (test) -> test.always(busy.header("Retry-After", "3600"))),
				new Row(Reason.NOT_FOUND, status.apply(404)), new Row(Reason.ACCESS_DENIED, status.apply(401)),
				new Row(Reason.ACCESS_DENIED, status.apply(403)), new Row(Reason.LINK_EXPIRED, (test) -> {
					MisbehavingServer server = test.server().always("/m.gguf", Reply.status(403));
					return test.get("http://127.0.0.1:" + server.port(), SIGNED);
				}), new Row(Reason.LINK_EXPIRED, (test) -> {
					MisbehavingServer server = test.server().always("/m.gguf", Reply.status(401));
					return test.get("http://127.0.0.1:" + server.port(), "?X-Amz-Signature=a");
				}), new Row(Reason.LINK_REFUSED, (test) -> {
					MisbehavingServer server = test.server();
					server.always("/m.gguf", Reply.redirect(302, "http://localhost:" + server.port() + "/x/m.gguf"))
						.always("/x/m.gguf", Reply.status(403));
					return test.get("http://127.0.0.1:" + server.port());
				}), new Row(Reason.REFUSED, status.apply(400)), new Row(Reason.REFUSED, status.apply(406)),
				new Row(Reason.REFUSED, status.apply(431)), new Row(Reason.REFUSED, status.apply(451)),
				new Row(Reason.ILLEGAL_RESPONSE, status.apply(204)),
				new Row(Reason.ILLEGAL_RESPONSE, status.apply(304)),
				new Row(Reason.ILLEGAL_RESPONSE, (test) -> test.always(Reply.raw("nonsense\r\n\r\n"))),
				new Row(Reason.ILLEGAL_RESPONSE,
						(test) -> test.always(Reply.ok()
							.head((head) -> head.replaceAll("(Content-Length: \\d+)", "Content-Length: 17\r\n$1")))),
				new Row(Reason.TOO_LARGE, (test) -> test.always(Reply.ok().header("X-Long", "x".repeat(400_000)))),
				new Row(Reason.OTHER_DIGEST,
						(test) -> test.always(Reply.ok().header("X-Linked-ETag", "\"" + "0".repeat(64) + "\""))));
	}

	private static List<Row> bodies() {
		Reply part = Reply.status(206).body(Content.random(1000, 1));
		Reply endless = Reply.ok().ignoringRange().withoutLength();
		return List.of(new Row(Reason.BAD_RANGE, (test) -> test.always(part.header("Content-Range", "bytes 0-999/*"))),
				new Row(Reason.NO_SUCH_RANGE, (test) -> test.always(Reply.status(416))),
				new Row(Reason.ENCODED,
						(test) -> test.always(Reply.ok().ignoringRange().flipped(1).header("Content-Encoding", "br"))),
				new Row(Reason.SHORT_BODY, (test) -> {
					test.model = (builder) -> builder.expectedDigest((Digest) null);
					return test.always(endless.closeAfter(CONTENT.size() - 1));
				}), new Row(Reason.UNPROVABLE, (test) -> {
					test.model = (builder) -> builder.expectedDigest((Digest) null);
					return test.always(Reply.status(200).body(Content.random(9 << 18, 3)).withoutLength());
				}), new Row(Reason.CHANGED, (test) -> test.sized(CONTENT.size() - 1, Reply.ok())),
				new Row(Reason.LONG_BODY,
						(test) -> test.sized(CONTENT.size() - 1, Reply.ok().ignoringRange().chunked())),
				new Row(Reason.NOT_A_MODEL, (test) -> test.always(Reply.html())),
				new Row(Reason.NOT_A_MODEL,
						(test) -> test.always(Reply.status(200).body("Access to this site is blocked.\n"))),
				new Row(Reason.OTHER_SIZE, (test) -> {
					MisbehavingServer server = test.server();
					String url = "http://127.0.0.1:" + server.port();
					test.model = (builder) -> builder.expectedDigest((Digest) null);
					test.cache = (builder) -> builder.lockFile(test.directory.resolve("models.lock"));
					test.bring(url, "", "first");
					server.serve("/m.gguf", NetworkCases.model(8 << 18));
					return test.get(url);
				}));
	}

	private static List<Row> redirects() {
		return List.of(new Row(Reason.BAD_REDIRECT, (test) -> {
			test.downloads((options) -> options.allowInsecureHttp(false));
			test.trust(TestCertificate.get());
			MisbehavingServer server = MisbehavingServer.startTls();
			test.open.add(server);
			server.always("/m.gguf", Reply.redirect(302, "http://models.example/m.gguf"));
			return test.get("https://localhost:" + server.port());
		}), new Row(Reason.BAD_REDIRECT, (test) -> test.always(Reply.redirect(302, "/m.gguf"))),
				new Row(Reason.BAD_REDIRECT,
						(test) -> test.always(Reply.redirect(302, "/m.gguf").header("Set-Cookie", "a=b"))),
				new Row(Reason.BAD_REDIRECT, (test) -> test.always(Reply.status(302))),
				new Row(Reason.BAD_REDIRECT, (test) -> test.always(Reply.redirect(302, "http://["))),
				new Row(Reason.BAD_REDIRECT, (test) -> test.always(Reply.redirect(302, "ftp://host/m.gguf"))),
				new Row(Reason.PRIVATE_ADDRESS, (test) -> {
					MisbehavingServer server = test.server()
						.always("/m.gguf", Reply.redirect(302, "http://127.0.0.1:1/secret"));
					test.environment.put("HTTP_PROXY", test.proxy(ConnectProxy.tunnelling(server.port())));
					return test.get("http://models.example");
				}));
	}

	private static List<Row> proxies() {
		return List.of(
				new Row(Reason.UNTRUSTED,
						(test) -> test.byTls(ConnectProxy.tls(1, TestCertificate.selfSigned("localhost")))),
				new Row(Reason.PROXY_FAILED, (test) -> test.byTls(ConnectProxy.closing())),
				new Row(Reason.PROXY_DENIED, (test) -> test.through(ConnectProxy.authenticating(1, "me:secret"))),
				new Row(Reason.PROXY_DENIED,
						(test) -> test.through(ConnectProxy.authenticating(1, "me:secret"), "me:other@")),
				new Row(Reason.PROXY_DENIED,
						(test) -> test.through(ConnectProxy.answering("407 No", "Proxy-Authenticate: NTLM"))),
				new Row(Reason.PROXY_DENIED, (test) -> test.through(ConnectProxy.answering("403 Forbidden"))),
				new Row(Reason.PROXY_FAILED, (test) -> test.through(ConnectProxy.answering("502 Bad Gateway"))),
				new Row(Reason.PROXY_FAILED, (test) -> test.through(ConnectProxy.answering("405 No"))),
				new Row(Reason.PROXY_FAILED,
						(test) -> test.through(ConnectProxy.start(1, (request) -> "nonsense\r\n\r\n"))),
				new Row(Reason.PROXY_FAILED, (test) -> test.through(ConnectProxy.closing())),
				new Row(Reason.PROXY_FAILED, (test) -> {
					test.environment.put("ALL_PROXY", test.variable("127.0.0.1:" + test.unusedPort(), "<proxy>"));
					return test.get("https://models.example");
				}), new Row(Reason.PROXY_FAILED, (test) -> {
					test.environment.put("ALL_PROXY", test.variable("proxy.invalid:3128", "<proxy>"));
					return test.get("https://models.example");
				}), new Row(Reason.PROXY_FAILED, (test) -> {
					SocksProxy proxy = new SocksProxy(1, 4);
					test.open.add(proxy);
					String address = test.variable("127.0.0.1:" + proxy.port(), "<proxy>");
					test.environment.put("ALL_PROXY", "socks5h://" + address);
					return test.get("https://models.example");
				}));
	}

	private int unusedPort() throws IOException {
		// No other process gets the port, and nothing listens.
		Socket taken = new Socket();
		this.open.add(taken);
		taken.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
		return taken.getLocalPort();
	}

	private String variable(String text, String meaning) {
		this.variable.put(text, meaning);
		return text;
	}

	private MisbehavingServer server() {
		MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", CONTENT);
		this.open.add(server);
		return server;
	}

	private ModelCacheException always(Reply reply) {
		return get("http://127.0.0.1:" + server().always("/m.gguf", reply).port());
	}

	/** A source states the size of the file. */
	private ModelCacheException sized(long size, Reply reply) {
		MisbehavingServer server = server().always("/m.gguf", reply);
		RemoteFile file = new RemoteFile("m.gguf", List.of(new Mirror(server.uri("/m.gguf"), Map.of())), null, size);
		this.cache = (builder) -> builder.sourceResolver(new SourceResolver() {

			@Override
			public Set<String> schemes() {
				return Set.of("registry");
			}

			@Override
			public Mono<ResolvedModel> resolve(SourceLocation location) {
				return Mono.just(new ResolvedModel(List.of(file), null));
			}

		});
		variable(server.uri("/m.gguf").toString(), "<url>");
		return get("registry://models");
	}

	/** As with an SSL bundle. */
	private ModelCacheException withExpiredKeys() {
		TestCertificate authority = TestCertificate.authority("Company CA");
		TestCertificate client = authority.sign("client.example", Duration.ofDays(-10));
		TestCertificate server = authority.sign("localhost", Duration.ofDays(-1));
		this.cache = (
				builder) -> builder
					.connectors(
							(rules) -> new ReactorClientHttpConnector(
									rules
										.prepare(HttpClient.create()
											.secure((tls) -> tls.sslContext(Http11SslContextSpec.forClient()
												.configure((context) -> context
													.trustManager(rules.explained(server.trust()))
													.keyManager(rules.explained(client.keys()))))))));
		return tls(RawServer.tls(server, (listener) -> listener.setNeedClientAuth(true)));
	}

	private void downloads(Consumer<DownloadOptions> change) {
		this.cache = (builder) -> builder.download(change);
	}

	private TestCertificate trusted() {
		TestCertificate certificate = TestCertificate.selfSigned("localhost");
		trust(certificate);
		return certificate;
	}

	private void trust(TestCertificate certificate) {
		Path file = this.directory.resolve("trusted.p12");
		System.setProperty("javax.net.ssl.trustStorePassword", certificate.storeTrust(file));
		System.setProperty("javax.net.ssl.trustStore", file.toString());
	}

	private ModelCacheException tls(TestCertificate certificate, boolean trust) {
		if (trust) {
			trust(certificate);
		}
		return tls(RawServer.tls(certificate, (listener) -> {
		}));
	}

	private ModelCacheException tls(RawServer server) {
		this.open.add(server);
		return get("https://localhost:" + server.port());
	}

	private ModelCacheException bytes(String hex) {
		return tls(RawServer.sending(HexFormat.of().parseHex(hex)));
	}

	private String proxy(ConnectProxy proxy) {
		this.open.add(proxy);
		return variable("127.0.0.1:" + proxy.port(), "<proxy>");
	}

	private ModelCacheException through(ConnectProxy proxy) {
		return through(proxy, "");
	}

	private ModelCacheException through(ConnectProxy proxy, String login) {
		this.environment.put("ALL_PROXY", login + proxy(proxy));
		return get("https://models.example");
	}

	private ModelCacheException byTls(ConnectProxy proxy) {
		this.open.add(proxy);
		downloads((options) -> options.tlsHandshakeTimeout(Duration.ofMillis(500)));
		this.environment.put("ALL_PROXY", "https://" + variable("localhost:" + proxy.port(), "<proxy>"));
		return get("https://models.example");
	}

	private ModelCacheException get(String origin) {
		return get(origin, "");
	}

	private ModelCacheException get(String origin, String query) {
		String authority = origin.substring(origin.indexOf("://") + 3);
		variable(origin + "/m.gguf", "<url>");
		variable(origin.replace("127.0.0.1", "localhost") + "/x/m.gguf", "<target>");
		if (authority.indexOf(':') > 0) {
			variable("port " + authority.substring(authority.indexOf(':') + 1), "port <port>");
		}
		ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
				() -> bring(origin, query, "cache"));
		assertThat(failure).isNotNull();
		return failure;
	}

	private void bring(String origin, String query, String place) {
		this.environment.put("user.home", this.directory.toString());
		ModelCacheBuilder builder = ModelCache.builder()
			.environment(this.environment::get)
			.cache((options) -> options.directory(this.directory.resolve(place)).minFreeSpace(DataSize.ofMegabytes(1)))
			.download((options) -> options.allowInsecureHttp(true)
				.segmentSize(DataSize.ofMegabytes(1))
				.tlsHandshakeTimeout(PATIENCE));
		this.cache.accept(builder);
		ModelRequest.Builder request = ModelRequest.builder("m")
			.url(URI.create(origin + "/m.gguf" + query))
			.expectedDigest(CONTENT.sha256())
			.maxAttempts(1);
		this.model.accept(request);
		try (ModelCache made = builder.build()) {
			made.get(request.build()).block(PATIENCE);
		}
	}

	private String shown(String text) {
		String shown = text;
		for (Map.Entry<String, String> one : this.variable.entrySet()) {
			shown = shown.replace(one.getKey(), one.getValue());
		}
		return shown.replaceAll(" \\(\\d+ failed requests?\\)", "")
			.replaceAll("sha256:[0-9a-f]{64}", "<digest>")
			.replace(this.directory.toString(), "<directory>");
	}

	private static List<String> page() throws IOException {
		Path here = Path.of("").toAbsolutePath();
		Path root = Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
		String page = Files.readString(root.resolve("docs/errors.md"));
		return page.substring(page.indexOf("## Messages"), page.indexOf("## Statuses"))
			.lines()
			.filter((line) -> line.startsWith("| `"))
			.toList();
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("failures")
	void everyMessageIsOnThePage(Reason cause, Row row) throws Exception {
		ModelCacheException failure = row.produce.fail(this);
		assertThat(failure.getSuppressed()).filteredOn(RequestFailedException.class::isInstance)
			.extracting((request) -> ((RequestFailedException) request).reason())
			.contains(cause);
		assertThat(page()).contains(
				"| `" + word(cause) + "` | `" + shown(failure.problem()) + "` | " + shown(failure.action()) + " |");
	}

	private static String word(Reason cause) {
		return cause.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/** Apart from that of a slow server, which takes a minute. */
	@Test
	void everyMessageOfThePageIsTested() throws IOException {
		assertThat(page()).hasSize((int) failures().count() + 1);
	}

	@ParameterizedTest
	@EnumSource
	void everyCauseHasAMessage(Reason cause) throws IOException {
		assertThat(page()).anyMatch((line) -> line.startsWith("| `" + word(cause) + "` |"));
	}

	private record Row(Reason cause, Failing produce) {

		@Override
		public String toString() {
			return this.cause.toString();
		}

	}

	@FunctionalInterface
	private interface Failing {

		ModelCacheException fail(FailureMessageTests test) throws Exception;

	}

}
