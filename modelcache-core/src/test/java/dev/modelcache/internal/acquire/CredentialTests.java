/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.TestCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Who is told the credentials and the configured headers, and where a request may be led
 * to.
 */
@ExtendWith(OutputCaptureExtension.class)
class CredentialTests {

	private static final String SECRET = "Bearer top-secret";

	private static final Map<String, String> HEADERS = Map.of("Authorization", SECRET, "X-Team", "models");

	@TempDir
	private Path directory;

	private final Content content = Content.random(5000, 1);

	private final MisbehavingServer origin = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final MisbehavingServer other = MisbehavingServer.start()
		.serve("/m.gguf", this.content)
		.serve("/elsewhere", this.content);

	@AfterEach
	void stopServers() {
		this.origin.close();
		this.other.close();
	}

	private CacheFixture fixture() {
		return new CacheFixture(this.directory).headers(HEADERS);
	}

	private CachedModel get(CacheFixture fixture, ModelRequest.Builder request) {
		try (fixture) {
			fixture.open(request.expectedDigest(this.content.sha256()).build());
			return fixture.get("m");
		}
	}

	private static HttpClient trusting() {
		return HttpClient.create()
			.secure((tls) -> tls.sslContext(Http11SslContextSpec.forClient()
				.configure((builder) -> builder.trustManager(TestCertificate.get().trust()))));
	}

	private static ModelRequest.Builder model(URI url) {
		return ModelRequest.builder("m").url(url);
	}

	private static void assertTold(List<RecordedRequest> requests) {
		assertThat(requests).isNotEmpty().allSatisfy((request) -> {
			assertThat(request.header("Authorization")).isEqualTo(SECRET);
			assertThat(request.header("X-Team")).isEqualTo("models");
		});
	}

	private static void assertNotTold(List<RecordedRequest> requests) {
		assertThat(requests).isNotEmpty().allSatisfy((request) -> {
			assertThat(request.header("Authorization")).isNull();
			assertThat(request.header("X-Team")).isNull();
		});
	}

	@Test
	void configuredOriginIsToldTheConfiguredHeaders() {
		get(fixture(), model(this.origin.uri("/m.gguf")));
		assertTold(this.origin.requests());
	}

	@Test
	void redirectWithinTheOriginKeepsThem() {
		this.origin.serve("/real", this.content).always("/m.gguf", Reply.redirect(302, "/real"));
		get(fixture(), model(this.origin.uri("/m.gguf")));
		assertTold(this.origin.requests("/real"));
	}

	@ParameterizedTest
	@ValueSource(ints = { 301, 302, 303, 307, 308 })
	void redirectToAnotherPortDropsThemAndKeepsTheRange(int status) {
		this.origin.always("/m.gguf", Reply.redirect(status, this.other.uri("/elsewhere").toString()));
		get(fixture(), model(this.origin.uri("/m.gguf")));
		assertTold(this.origin.requests());
		assertNotTold(this.other.requests());
		assertThat(this.other.requests()).allSatisfy((request) -> {
			assertThat(request.method()).isEqualTo("GET");
			assertThat(request.range()).isNotNull();
		});
	}

	@Test
	void redirectToAnotherNameOfTheSameHostDropsThem() {
		URI sameServer = URI.create("http://localhost:" + this.origin.port() + "/real");
		this.origin.serve("/real", this.content).always("/m.gguf", Reply.redirect(302, sameServer.toString()));
		get(fixture(), model(this.origin.uri("/m.gguf")));
		assertNotTold(this.origin.requests("/real"));
	}

	@Test
	void redirectBackDoesNotRestoreThem() {
		this.origin.serve("/real", this.content)
			.always("/m.gguf", Reply.redirect(302, this.other.uri("/bounce").toString()));
		this.other.always("/bounce", Reply.redirect(302, this.origin.uri("/real").toString()));
		get(fixture(), model(this.origin.uri("/m.gguf")));
		assertNotTold(this.origin.requests("/real"));
	}

	@Test
	void resumedRequestAfterARedirectDropsThemToo() {
		this.origin.always("/m.gguf", Reply.redirect(302, this.other.uri("/elsewhere").toString()));
		this.other.script("/elsewhere", Reply.ok().closeAfter(2500), Reply.ok());
		get(fixture(), model(this.origin.uri("/m.gguf")));
		assertThat(this.other.requests("/elsewhere")).hasSize(2);
		assertNotTold(this.other.requests());
	}

	@Test
	void mirrorOfAnotherOriginIsNotToldThem() {
		this.origin.always("/m.gguf", Reply.status(404));
		get(fixture(), model(this.origin.uri("/m.gguf")).mirrors(List.of(this.other.uri("/m.gguf"))));
		assertNotTold(this.other.requests());
	}

	@Test
	void fallbackUrlOfAnotherOriginIsNotToldThem() {
		this.origin.always("/m.gguf", Reply.status(404));
		get(fixture(), model(this.origin.uri("/m.gguf")).fallbackUrl(this.other.uri("/m.gguf")));
		assertNotTold(this.other.requests());
	}

	@Test
	void fallbackModelOfAnotherOriginIsNotToldThem() {
		this.origin.always("/m.gguf", Reply.status(404));
		get(fixture(), model(this.origin.uri("/m.gguf"))
			.fallback(model(this.other.uri("/m.gguf")).expectedDigest(this.content.sha256()).build()));
		assertNotTold(this.other.requests());
	}

	@Test
	void fallbackModelOfTheSameOriginIsToldThem() {
		this.origin.always("/m.gguf", Reply.status(404)).serve("/small.gguf", this.content);
		get(fixture(), model(this.origin.uri("/m.gguf"))
			.fallback(model(this.origin.uri("/small.gguf")).expectedDigest(this.content.sha256()).build()));
		assertTold(this.origin.requests("/small.gguf"));
	}

	@Test
	void userInfoBecomesBasicCredentialsForItsOriginAlone() {
		URI url = URI.create("http://alice:wonder%20land@127.0.0.1:" + this.origin.port() + "/m.gguf");
		this.origin.serve("/real", this.content)
			.script("/m.gguf", Reply.redirect(302, this.other.uri("/elsewhere").toString()));
		get(new CacheFixture(this.directory), model(url));
		String basic = "Basic "
				+ Base64.getEncoder().encodeToString("alice:wonder land".getBytes(StandardCharsets.UTF_8));
		assertThat(this.origin.requests()).isNotEmpty()
			.allSatisfy((request) -> assertThat(request.header("Authorization")).isEqualTo(basic));
		assertNotTold(this.other.requests());
	}

	@Test
	void configuredAuthorizationComesBeforeUserInfo() {
		get(fixture(), model(URI.create("http://alice:pw@127.0.0.1:" + this.origin.port() + "/m.gguf")));
		assertTold(this.origin.requests());
	}

	@Test
	void secretsAreNeitherLoggedNorShown(CapturedOutput output) {
		URI url = URI.create("http://alice:pw4711@127.0.0.1:" + this.origin.port() + "/m.gguf?token=t4711#f4711");
		this.origin.script("/m.gguf", Reply.status(503),
				Reply.redirect(302, "http://bob:pw4711@127.0.0.1:1/?sig=t4711"));
		try (CacheFixture fixture = fixture()) {
			fixture.open(model(url).maxAttempts(2).build());
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"))
				.satisfies((failure) -> {
					StringWriter trace = new StringWriter();
					failure.printStackTrace(new PrintWriter(trace));
					assertThat(failure.getMessage()).doesNotContain("4711").doesNotContain("top-secret");
					assertThat(trace.toString()).doesNotContain("pw4711").doesNotContain("top-secret");
				});
		}
		assertThat(output.getAll()).doesNotContain("pw4711")
			.doesNotContain("t4711")
			.doesNotContain("f4711")
			.doesNotContain("top-secret");
	}

	@Test
	void httpsNeverGoesToHttp() {
		try (MisbehavingServer secure = MisbehavingServer.startTls()) {
			secure.always("/m.gguf", Reply.redirect(302, this.other.uri("/elsewhere").toString()));
			assertThatExceptionOfType(ModelCacheException.class)
				.isThrownBy(() -> get(fixture().httpClient(trusting()), model(secure.uri("/m.gguf"))))
				.withMessageContaining("redirects from https to http");
			assertTold(secure.requests());
			assertThat(this.other.requests()).isEmpty();
		}
	}

	@Test
	void httpGoesToHttpOnlyWhereItIsAllowed() {
		this.origin.always("/m.gguf", Reply.redirect(302, this.other.uri("/elsewhere").toString()));
		TransferSettings strict = new TransferSettings(DataSize.ofKilobytes(64), 4, DataSize.ofMegabytes(16),
				CacheFixture.PATIENCE, CacheFixture.PATIENCE, 5, false);
		assertThatExceptionOfType(ModelCacheException.class)
			.isThrownBy(() -> get(fixture().transfer(strict), model(this.origin.uri("/m.gguf"))))
			.withMessageContaining("allow-insecure-http");
		assertThat(this.other.requests()).isEmpty();
	}

	@Test
	void httpMayBecomeHttps() {
		try (MisbehavingServer secure = MisbehavingServer.startTls()) {
			secure.serve("/m.gguf", this.content);
			this.origin.always("/m.gguf", Reply.redirect(302, secure.uri("/m.gguf").toString()));
			get(fixture().httpClient(trusting()), model(this.origin.uri("/m.gguf")));
			assertNotTold(secure.requests());
		}
	}

	@Test
	void certificateThatNobodyTrustsSaysWhatToConfigure() {
		try (MisbehavingServer secure = MisbehavingServer.startTls()) {
			secure.serve("/m.gguf", this.content);
			assertThatExceptionOfType(ModelCacheException.class)
				.isThrownBy(() -> get(fixture(), model(secure.uri("/m.gguf"))))
				.withMessageContaining("hooks.llm.download.ssl-bundle");
		}
	}

}
