/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPOutputStream;

import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link MetadataClient}.
 */
class MetadataClientTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final MisbehavingServer server = MisbehavingServer.start();

	private final MisbehavingServer elsewhere = MisbehavingServer.start();

	private final ModelRequest model = ModelRequest.builder("m").build();

	private MetadataClient client = MetadataClients.create();

	@AfterEach
	void stop() {
		this.server.close();
		this.elsewhere.close();
	}

	@Test
	void answerIsGivenByteForByteWithStatusAndHeaders() {
		byte[] body = Content.random(300_000, 1).bytes();
		this.server.always("/a", Reply.status(203).header("X-One", " 1 ").body(Content.of(body)));
		MetadataResponse response = exchange(get("/a").header("Accept", "application/json").bearer("secret"));
		assertThat(response.status()).isEqualTo(203);
		assertThat(response.header("x-one")).isEqualTo("1");
		assertThat(response.body()).isEqualTo(body);
		RecordedRequest asked = this.server.requests("/a").get(0);
		assertThat(asked.header("Accept")).isEqualTo("application/json");
		assertThat(asked.header("Accept-Encoding")).isEqualTo("identity");
		assertThat(asked.header("Authorization")).isEqualTo("Bearer secret");
	}

	/** Some servers and proxies encode whatever they are asked for. */
	@ParameterizedTest
	@ValueSource(strings = { "gzip", "x-gzip", "GZIP" })
	void answerInGzipIsDecoded(String coding) throws IOException {
		ByteArrayOutputStream encoded = new ByteArrayOutputStream();
		try (GZIPOutputStream out = new GZIPOutputStream(encoded)) {
			out.write("{}".repeat(1000).getBytes(StandardCharsets.US_ASCII));
		}
		Reply reply = Reply.status(200).header("Content-Encoding", coding);
		this.server.always("/a", reply.body(Content.of(encoded.toByteArray())));
		this.server.always("/b", reply.body("plain"));
		assertThat(exchange(get("/a")).text()).isEqualTo("{}".repeat(1000));
		assertThat(exchange(get("/b")).text()).isEqualTo("plain");
	}

	@Test
	void answerThatIsLargeWhenItIsDecodedIsNotRead() throws IOException {
		ByteArrayOutputStream encoded = new ByteArrayOutputStream();
		try (GZIPOutputStream out = new GZIPOutputStream(encoded)) {
			out.write(new byte[(int) HttpSettings.LARGEST_ANSWER.toBytes() + 1]);
		}
		this.server.always("/a",
				Reply.status(200).header("Content-Encoding", "gzip").body(Content.of(encoded.toByteArray())));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a")))
			.withMessageContaining("sent more than");
	}

	@Test
	void headHasHeadersAndNoBody() {
		this.server.serve("/a", Content.of("12345"));
		MetadataResponse response = exchange(WebRequest.head(this.server.uri("/a")));
		assertThat(response.header("Content-Length")).isEqualTo("5");
		assertThat(response.body()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 401, 403, 404, 416 })
	void errorThatStaysIsAnAnswerAtOnce(int status) {
		this.server.always("/a", Reply.status(status).body("why"));
		MetadataResponse response = exchange(get("/a"));
		assertThat(response.status()).isEqualTo(status);
		assertThat(response.text()).isEqualTo("why");
		assertThat(this.server.requests("/a")).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(ints = { 408, 429, 500, 503 })
	void errorThatPassesIsAskedAgain(int status) {
		this.server.script("/a", Reply.status(status), Reply.status(status)).serve("/a", Content.of("now"));
		assertThat(exchange(get("/a")).text()).isEqualTo("now");
		assertThat(this.server.requests("/a")).hasSize(3);
	}

	@Test
	void errorThatDoesNotPassIsTheAnswerAfterMaxAttempts() {
		this.server.always("/a", Reply.status(502));
		assertThat(exchange(get("/a")).status()).isEqualTo(502);
		assertThat(this.server.requests("/a")).hasSize(3);
	}

	@Test
	void serverThatWantsALongPauseIsNotAskedAgain() {
		this.server.always("/a", Reply.status(429).header("Retry-After", "3600"));
		assertThat(exchange(get("/a")).status()).isEqualTo(429);
		assertThat(this.server.requests("/a")).hasSize(1);
	}

	@Test
	void brokenConnectionIsAskedAgain() {
		this.server.serve("/a", Content.of("whole")).script("/a", Reply.ok().cutAfter(2));
		assertThat(exchange(get("/a")).text()).isEqualTo("whole");
	}

	@Test
	void failureThatStaysNamesTheModelAndEveryAttempt() {
		this.server.always("/a", Reply.ok().cutAfter(0)).serve("/a", Content.of("never"));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a?sig=secret")))
			.withMessageContaining("Model 'm'")
			.withMessageContaining("broke the connection")
			.withMessageNotContaining("secret")
			.satisfies((ex) -> assertThat(ex.getSuppressed()).filteredOn(RequestFailedException.class::isInstance)
				.hasSize(3));
	}

	@Test
	void serverThatIsSilentAfterItAnsweredOnceIsGivenUp() {
		this.client = MetadataClients.create(Duration.ofMillis(200), HttpSettings.LARGEST_ANSWER, Clock.systemUTC());
		this.server.script("/a", Reply.status(503), Reply.ok().stallBeforeHeaders(), Reply.ok().stallBeforeHeaders());
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a")))
			.withMessageContaining("did not answer within 200 ms");
	}

	@Test
	void silentServerIsGivenUp() {
		this.client = MetadataClients.create(Duration.ofMillis(200), HttpSettings.LARGEST_ANSWER, Clock.systemUTC());
		this.server.always("/a", Reply.ok().stallBeforeHeaders());
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a")))
			.withMessageContaining("did not answer within 200 ms");
	}

	@Test
	void bodyThatNeverEndsIsGivenUp() {
		this.client = MetadataClients.create(Duration.ofMillis(200), HttpSettings.LARGEST_ANSWER, Clock.systemUTC());
		this.server.serve("/a", Content.of("0123456789")).always("/a", Reply.ok().stallAfter(5));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a")))
			.withMessageContaining("did not answer within 200 ms");
	}

	@Test
	void answerThatIsTooLargeIsRefusedAndNotAskedForAgain() {
		this.client = MetadataClients.create(PATIENCE, DataSize.ofBytes(1000), Clock.systemUTC());
		this.server.serve("/a", Content.random(1001, 1)).always("/a", Reply.ok().chunked());
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a")))
			.withMessageContaining("more than 1000 bytes");
		assertThat(this.server.requests("/a")).hasSize(1);
	}

	@Test
	void redirectWithinTheOriginIsFollowedWithQueryAndToken() {
		this.server.always("/a", Reply.redirect(307, "/b?x=%22y%22")).serve("/b", Content.of("there"));
		MetadataResponse response = exchange(get("/a").bearer("secret"));
		assertThat(response.text()).isEqualTo("there");
		assertThat(response.uri()).isEqualTo(this.server.uri("/b?x=%22y%22"));
		RecordedRequest asked = this.server.requests("/b").get(0);
		assertThat(asked.query()).isEqualTo("x=%22y%22");
		assertThat(asked.header("Authorization")).isEqualTo("Bearer secret");
	}

	@Test
	void redirectToAnotherOriginIsTheAnswer() {
		this.server.always("/a", Reply.redirect(302, this.elsewhere.uri("/b").toString()).header("X-Linked-Size", "7"));
		MetadataResponse response = exchange(get("/a").bearer("secret"));
		assertThat(response.isRedirect()).isTrue();
		assertThat(response.header("X-Linked-Size")).isEqualTo("7");
		assertThat(this.elsewhere.requests()).isEmpty();
	}

	@Test
	void redirectThatIsFollowedAnywhereTakesNoCredentialsAlongNotEvenBack() {
		this.server.always("/a", Reply.redirect(302, this.elsewhere.uri("/b").toString()))
			.serve("/c", Content.of("back"));
		this.elsewhere.always("/b", Reply.redirect(302, this.server.uri("/c").toString()));
		WebRequest request = get("/a").bearer("secret").header("X-Key", "k").header("Accept", "application/json");
		assertThat(exchange(request.followingAnywhere()).text()).isEqualTo("back");
		assertThat(this.elsewhere.requests("/b").get(0).headers()).doesNotContainKeys("Authorization", "X-Key")
			.containsEntry("Accept", List.of("application/json"));
		assertThat(this.server.requests("/c").get(0).headers()).doesNotContainKeys("Authorization", "X-Key");
	}

	@Test
	void loopOfRedirectsEnds() {
		this.server.always("/a", Reply.redirect(302, "/a"));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a")))
			.withMessageContaining("redirects more than 5 times");
		assertThat(this.server.requests("/a")).hasSize(6);
	}

	@ParameterizedTest
	@ValueSource(strings = { "file:///etc/passwd", "http://[", "mailto:a@b" })
	void redirectToNoWebUrlIsRefused(String location) {
		this.server.always("/a", Reply.redirect(302, location));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> exchange(get("/a")))
			.withMessageContaining("redirects to a");
	}

	@Test
	void answerSaysWhenToAskAgain() {
		this.server.always("/a", Reply.status(404).header("Retry-After", "7"));
		assertThat(this.client.pauseWanted(exchange(get("/a")))).isEqualTo(Duration.ofSeconds(7));
	}

	private WebRequest get(String path) {
		URI uri = this.server.uri(path);
		return WebRequest.get(uri);
	}

	private MetadataResponse exchange(WebRequest request) {
		return this.client.exchange(SourceLocation.of(request.uri(), this.model, true), request).block(PATIENCE);
	}

}
