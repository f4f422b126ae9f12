/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RawServer;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.TestCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Proxies that refuse, fail or are not there.
 */
class ProxyFailureTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final String KEYS = "hooks.llm.download.proxy";

	private static final String JDK = "spring.http.clients.reactive.connector=jdk";

	private static final String PASSWORD = "geheim-4711";

	/** One URL for each kind of source; the proxy alone could resolve their hosts. */
	private static final String HTTPS = "https://models.example/m.gguf";

	private static final String HTTP = "http://models.example/m.gguf";

	private static final String HUB = "hf://org/repo/m.gguf";

	private static final String REGISTRY = "oci://registry.example/org/model:1";

	private static final String CATALOG = "catalog://mine";

	private static final List<String> KINDS = List.of(HTTPS, HTTP, HUB, REGISTRY, CATALOG);

	private final Content content = Content.random(10_000, 1);

	@TempDir
	private Path directory;

	private ConnectProxy proxy;

	@AfterEach
	void close() {
		if (this.proxy != null) {
			this.proxy.close();
		}
	}

	private RunningApplication start(String url, String host, int port, String... more) {
		return start(List.of(url), host, port, more);
	}

	/** The first model is the default one, and the others have numbers. */
	private RunningApplication start(List<String> urls, String host, int port, String... more) {
		List<String> all = new ArrayList<>(List.of("hooks.llm.cache.directory=" + this.directory,
				"hooks.llm.cache.min-free-space=1MB", "hooks.llm.startup.mode=none",
				"hooks.llm.download.allow-insecure-http=true", "hooks.llm.huggingface.endpoint=https://hub.example",
				"hooks.llm.catalog.locations=https://catalog.example/models.json",
				"resilience4j.retry.configs.modelcache.wait-duration=1ms", "hooks.llm.download.proxy.host=" + host));
		for (int i = 0; i < urls.size(); i++) {
			String model = (i == 0) ? "hooks.llm." : "hooks.llm.models." + i + ".";
			all.addAll(List.of(model + "url=" + urls.get(i), model + "expected-checksum=" + this.content.sha256(),
					model + "max-attempts=2", model + "verify-format=off"));
		}
		if (port != 0) {
			all.add(KEYS + ".port=" + port);
		}
		all.addAll(List.of(more));
		return RunningApplication.start(WebApplicationType.NONE, all);
	}

	private ModelCacheException failure(String url, String host, int port, String... more) {
		try (RunningApplication application = start(url, host, port, more)) {
			return failure(application, "default");
		}
	}

	private static ModelCacheException failure(RunningApplication application, String id) {
		ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
				() -> application.cache().get(id).block(PATIENCE));
		assertThat(failure).isNotNull();
		assertThat(failure.toString()).doesNotContain(PASSWORD);
		return failure;
	}

	private ModelCacheException failure(String url, String... more) {
		return failure(url, "127.0.0.1", this.proxy.port(), more);
	}

	/**
	 * Asks one application for a model of each kind, one after the other.
	 * @param attempts the requests for a file that the proxy gets, if there is one
	 */
	private void assertThatEachFails(String host, int port, int attempts, Consumer<ModelCacheException> requirements) {
		assertThatEachFails(host, port, (kind) -> attempts, requirements);
	}

	private void assertThatEachFails(String host, int port, ToIntFunction<String> attempts,
			Consumer<ModelCacheException> requirements) {
		try (RunningApplication application = start(KINDS, host, port)) {
			for (int i = 0; i < KINDS.size(); i++) {
				int before = requests();
				ModelCacheException failure = failure(application, (i == 0) ? "default" : String.valueOf(i));
				assertThat(failure).as(KINDS.get(i)).satisfies(requirements);
				assertThat(requests() - before).as(KINDS.get(i))
					.isEqualTo(requests(KINDS.get(i), attempts.applyAsInt(KINDS.get(i))));
			}
		}
	}

	private int requests() {
		return (this.proxy != null) ? this.proxy.requests().size() : 0;
	}

	/** Of a Hub, the API is asked once, and then the file itself. */
	private static int requests(String url, int attempts) {
		return (attempts > 0 && url.equals(HUB)) ? attempts + 1 : attempts;
	}

	private String address() {
		return "127.0.0.1:" + this.proxy.port();
	}

	@Test
	void proxyThatRequiresCredentialsDeniesAccessAndIsAskedOnce() {
		this.proxy = ConnectProxy.answering("407 Proxy Authentication Required",
				"Proxy-Authenticate: Basic realm=\"corp\"");
		assertThatEachFails("127.0.0.1", this.proxy.port(), 1,
				(failure) -> assertThat(failure).isInstanceOf(ModelAccessDeniedException.class)
					.hasMessageContaining("proxy " + address())
					.hasMessageContaining("407")
					.hasMessageContaining(KEYS + ".username")
					.hasMessageNotContaining("ssl-bundle")
					.hasMessageNotContaining("Authorization"));
	}

	@Test
	void proxyThatRefusesTheCredentialsSaysSo() {
		this.proxy = ConnectProxy.answering("407 Proxy Authentication Required",
				"Proxy-Authenticate: Basic realm=\"corp\"");
		assertThat(failure(HTTPS, KEYS + ".username=me", KEYS + ".password=" + PASSWORD))
			.isInstanceOf(ModelAccessDeniedException.class)
			.hasMessageContaining("rejects the configured credentials")
			.hasMessageContaining(KEYS + ".username and .password");
		assertThat(this.proxy.requests()).hasSize(1).first().asString().contains("authorization: Basic ");
	}

	@Test
	void proxyThatForbidsTheHostDeniesAccessAndIsAskedForTheWholeFileOnceMoreAtMost() {
		this.proxy = ConnectProxy.answering("403 Forbidden");
		// Of plain http, nothing tells that the host itself did not refuse the range.
		assertThatEachFails("127.0.0.1", this.proxy.port(), (kind) -> kind.startsWith("http:") ? 2 : 1,
				(failure) -> assertThat(failure).isInstanceOf(ModelAccessDeniedException.class)
					.hasMessageContaining("proxy " + address())
					.hasMessageContaining("403")
					.hasMessageContaining(".example:")
					.hasMessageNotContaining("ssl-bundle"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout" })
	void proxyThatDoesNotReachTheHostIsAskedAgain(String status) {
		this.proxy = ConnectProxy.answering(status);
		assertThat(failure(HTTPS)).isInstanceOf(ModelTransferException.class)
			.hasMessageContaining("proxy " + address())
			.hasMessageContaining(status.substring(0, 3))
			.hasMessageContaining("models.example:443")
			.hasMessageNotContaining("ssl-bundle");
		assertThat(this.proxy.requests()).hasSize(2);
	}

	@Test
	void proxyThatClosesTheConnectionIsNamed() {
		this.proxy = ConnectProxy.closing();
		assertThatEachFails("127.0.0.1", this.proxy.port(), 2,
				(failure) -> assertThat(failure).isInstanceOf(ModelTransferException.class)
					.hasMessageContaining("proxy " + address())
					.hasMessageContaining(KEYS)
					.hasMessageNotContaining("ssl-bundle"));
	}

	@Test
	void proxyThatDoesNotListenIsNamed() throws IOException {
		try (Socket refusing = refusing()) {
			int port = refusing.getLocalPort();
			assertThatEachFails("127.0.0.1", port, 0,
					(failure) -> assertThat(failure).isInstanceOf(ModelTransferException.class)
						.hasMessageContaining("proxy 127.0.0.1:" + port)
						.hasMessageContaining(KEYS)
						.hasMessageNotContaining("Check the network and the URL"));
		}
	}

	@Test
	void proxyWithAnUnknownNameIsNamed() {
		assertThatEachFails("proxy.invalid", 3128, 0,
				(failure) -> assertThat(failure).isInstanceOf(ModelTransferException.class)
					.hasMessageContaining("proxy proxy.invalid:3128")
					.hasMessageContaining(KEYS)
					.hasMessageContaining("name"));
	}

	@Test
	void proxyResolvesTheHost() {
		try (MisbehavingServer server = MisbehavingServer.startTls().serve("/m.gguf", this.content)) {
			this.proxy = ConnectProxy.tunnelling(server.port());
			try (RunningApplication application = start("https://localhost:8443/m.gguf", "127.0.0.1", this.proxy.port(),
					"hooks.llm.download.ssl-bundle=test",
					"spring.ssl.bundle.pem.test.truststore.certificate=" + TestCertificate.get().pem())) {
				application.cache().get("default").block(PATIENCE);
			}
			assertThat(this.proxy.requests().get(0)).startsWith("CONNECT localhost:8443 ");
		}
	}

	/** The bundle trusts the server, and has no key. */
	@Test
	void hostThatRequiresACertificateOfTheClientBehindAProxyIsNotTheProxysFault() {
		try (RawServer server = RawServer.tls(TestCertificate.get(), (listener) -> listener.setNeedClientAuth(true))) {
			this.proxy = ConnectProxy.tunnelling(server.port());
			assertThat(failure("https://localhost:8443/m.gguf", "hooks.llm.download.ssl-bundle=test",
					"spring.ssl.bundle.pem.test.truststore.certificate=" + TestCertificate.get().pem()))
				.hasMessageContaining("requires a certificate of the client")
				.hasMessageContaining("an SSL bundle whose key store contains one");
		}
	}

	@Test
	void hostWithAnUntrustedCertificateBehindAProxyIsNotTheProxysFault() {
		try (MisbehavingServer server = MisbehavingServer.startTls().serve("/m.gguf", this.content)) {
			this.proxy = ConnectProxy.tunnelling(server.port());
			assertThat(failure(HTTPS)).isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("models.example")
				.hasMessageContaining("ssl-bundle");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { HTTPS, HTTP })
	void jdkClientNamesTheProxyThatRequiresCredentials(String url) {
		this.proxy = ConnectProxy.answering("407 Proxy Authentication Required",
				"Proxy-Authenticate: Basic realm=\"corp\"");
		assertThat(failure(url, JDK)).isInstanceOf(ModelAccessDeniedException.class)
			.hasMessageContaining("proxy " + address())
			.hasMessageContaining("407");
	}

	@Test
	void jdkClientNamesTheProxyThatForbidsTheHost() {
		this.proxy = ConnectProxy.answering("403 Forbidden");
		assertThat(failure(HTTPS, JDK)).hasMessageContaining("proxy " + address());
	}

	@Test
	void jdkClientNamesTheProxyThatDoesNotListen() throws IOException {
		try (Socket refusing = refusing()) {
			assertThat(failure(HTTPS, "127.0.0.1", refusing.getLocalPort(), JDK))
				.isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("proxy 127.0.0.1:" + refusing.getLocalPort());
		}
	}

	@Test
	void jdkClientNamesTheProxyWithAnUnknownName() {
		assertThat(failure(HTTPS, "proxy.invalid", 3128, JDK)).isInstanceOf(ModelTransferException.class)
			.hasMessageContaining("proxy proxy.invalid:3128");
	}

	/** Nothing is connected to: the names are never resolved. */
	@Test
	void jdkClientSupportsNoSocksProxyAndSaysSo() {
		System.setProperty("socksProxyHost", "proxy.invalid");
		try {
			assertThat(failure(HTTPS, "", 0, JDK)).isInstanceOf(ModelConfigurationException.class)
				.hasMessageContaining("the connector 'jdk' supports no SOCKS proxy");
		}
		finally {
			System.clearProperty("socksProxyHost");
		}
	}

	@Test
	void jdkClientSendsNoCredentialsToProxiesAndSaysSoAtTheStart() {
		assertThatExceptionOfType(BeanCreationException.class)
			.isThrownBy(
					() -> start(HTTPS, "127.0.0.1", 3128, JDK, KEYS + ".username=me", KEYS + ".password=" + PASSWORD)
						.close())
			.havingRootCause()
			.isInstanceOf(ModelConfigurationException.class)
			.withMessageContaining(KEYS + ".username")
			.withMessageNotContaining(PASSWORD);
	}

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	void proxyIsNotAskedForAPrivateAddressThatARedirectLeadsTo(String connector) {
		try (MisbehavingServer server = MisbehavingServer.start()
			.always("/m.gguf", Reply.redirect(302, "http://127.0.0.1:1/secret.gguf"))) {
			this.proxy = ConnectProxy.start(server.port(),
					(request) -> request.startsWith("CONNECT ") ? ConnectProxy.ESTABLISHED
							: "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/secret.gguf\r\n"
									+ "Content-Length: 0\r\n\r\n");
			assertThat(failure(HTTP, "spring.http.clients.reactive.connector=" + connector))
				.hasMessageContaining("private address");
			assertThat(this.proxy.requests()).hasSize(1);
		}
	}

	@Test
	void proxyOfTheSystemPropertiesIsNamed() throws IOException {
		try (Socket refusing = refusing()) {
			System.setProperty("https.proxyHost", "127.0.0.1");
			System.setProperty("https.proxyPort", String.valueOf(refusing.getLocalPort()));
			assertThat(failure(HTTPS, "", 0)).isInstanceOf(ModelTransferException.class)
				.hasMessageContaining("proxy 127.0.0.1:" + refusing.getLocalPort())
				.hasMessageContaining("https.proxyHost");
		}
		finally {
			System.clearProperty("https.proxyHost");
			System.clearProperty("https.proxyPort");
		}
	}

	@Test
	void answerOfAProxyThatIsNotConfiguredDeniesAccess() {
		try (MisbehavingServer server = MisbehavingServer.start().always("/m.gguf", Reply.status(407))) {
			assertThat(failure(server.uri("/m.gguf").toString(), "", 0)).isInstanceOf(ModelAccessDeniedException.class)
				.hasMessageContaining("a proxy requires credentials (407)")
				.hasMessageContaining(KEYS + ".host")
				.hasMessageNotContaining("Authorization");
			assertThat(server.requests()).hasSize(1);
		}
	}

	@Test
	void modelOfTheHubsCacheIsServedWhileTheProxyRefusesToConnect() throws IOException {
		this.proxy = ConnectProxy.answering("407 Proxy Authentication Required");
		String commit = "0123456789abcdef0123456789abcdef01234567";
		Path repository = this.directory.resolve("hub/models--org--repo");
		Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(commit));
		Path blob = Files.createDirectories(repository.resolve("blobs")).resolve(this.content.sha256().hex());
		Files.write(blob, this.content.bytes());
		Files.createSymbolicLink(snapshot.resolve("m.gguf"), snapshot.relativize(blob));
		Files.writeString(Files.createDirectories(repository.resolve("refs")).resolve("main"), commit);
		try (RunningApplication application = start(HUB, "127.0.0.1", this.proxy.port(),
				"hooks.llm.huggingface.cache-directory=" + this.directory.resolve("hub"))) {
			assertThat(application.cache().get("default").block(PATIENCE)).isNotNull();
		}
	}

	/** Has a port that refuses connections for as long as the socket is open. */
	private static Socket refusing() throws IOException {
		Socket socket = new Socket();
		socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
		return socket;
	}

}
