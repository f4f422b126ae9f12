/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

import javax.net.ssl.SSLException;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

class MisbehavingServerTests {

	private static final String PATH = "/model.gguf";

	private final Content content = Content.random(3_000_000, 7);

	private final MisbehavingServer server = MisbehavingServer.start().serve(PATH, this.content);

	private final HttpClient client = HttpClient.newBuilder()
		.version(HttpClient.Version.HTTP_1_1)
		.connectTimeout(Duration.ofSeconds(10))
		.build();

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void servesTheWholeContent() throws Exception {
		HttpResponse<byte[]> response = get();
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo(this.content.bytes());
		assertThat(response.headers().firstValue("ETag")).hasValue(this.content.etag());
		assertThat(this.server.bytesSent(PATH)).isEqualTo(this.content.size());
	}

	@Test
	void servesARange() throws Exception {
		HttpResponse<byte[]> response = get("Range", "bytes=1048570-1048590", "If-Range", this.content.etag());
		assertThat(response.statusCode()).isEqualTo(206);
		assertThat(response.headers().firstValue("Content-Range")).hasValue("bytes 1048570-1048590/3000000");
		assertThat(response.body()).isEqualTo(slice(1048570, 21));
		assertThat(this.server.requests(PATH).get(0).header("rAnGe")).isEqualTo("bytes=1048570-1048590");
	}

	@Test
	void answersASuffixRangeAndAnUnsatisfiableOne() throws Exception {
		assertThat(get("Range", "bytes=-10").body()).isEqualTo(slice(2_999_990, 10));
		HttpResponse<byte[]> response = get("Range", "bytes=3000000-");
		assertThat(response.statusCode()).isEqualTo(416);
		assertThat(response.headers().firstValue("Content-Range")).hasValue("bytes */3000000");
	}

	@Test
	void ifRangeThatDoesNotMatchGivesTheWhole() throws Exception {
		assertThat(get("Range", "bytes=5-", "If-Range", "\"other\"").statusCode()).isEqualTo(200);
		this.server.script(PATH, Reply.ok().etag("\"other\"").ignoringIfRange());
		assertThat(get("Range", "bytes=5-", "If-Range", this.content.etag()).statusCode()).isEqualTo(206);
	}

	@Test
	void ifNoneMatchGivesNotModified() throws Exception {
		assertThat(get("If-None-Match", this.content.etag()).statusCode()).isEqualTo(304);
	}

	@Test
	void headHasNoBodyAndTheConnectionIsKept() throws Exception {
		HttpRequest head = HttpRequest.newBuilder(this.server.uri(PATH))
			.method("HEAD", HttpRequest.BodyPublishers.noBody())
			.build();
		HttpResponse<byte[]> response = this.client.send(head, BodyHandlers.ofByteArray());
		assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(3_000_000);
		get();
		assertThat(this.server.requests()).extracting(RecordedRequest::method).containsExactly("HEAD", "GET");
		assertThat(this.server.requests()).extracting(RecordedRequest::connection).containsExactly(1, 1);
	}

	@Test
	void aScriptIsConsumedOneReplyPerRequest() throws Exception {
		this.server.script(PATH, Reply.status(503).header("Retry-After", "2").body("busy"), Reply.html());
		HttpResponse<byte[]> first = get();
		assertThat(first.statusCode()).isEqualTo(503);
		assertThat(first.headers().firstValue("Retry-After")).hasValue("2");
		assertThat(first.body()).asString().isEqualTo("busy");
		assertThat(get().headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
		assertThat(get().body()).isEqualTo(this.content.bytes());
	}

	@Test
	void bodiesWithoutLengthArriveWhole() throws Exception {
		this.server.script(PATH, Reply.ok().chunked(), Reply.ok().withoutLength());
		for (int i = 0; i < 2; i++) {
			HttpResponse<byte[]> response = get();
			assertThat(response.headers().firstValue("Content-Length")).isEmpty();
			assertThat(response.body()).isEqualTo(this.content.bytes());
		}
	}

	@Test
	void cutsAndClosesInTheMiddle() {
		this.server.script(PATH, Reply.ok().cutAfter(1000), Reply.ok().closeAfter(1000),
				Reply.ok().chunked().closeAfter(1000), Reply.ok().announcing(1));
		for (int i = 0; i < 4; i++) {
			assertThatIOException().isThrownBy(this::get);
		}
		assertThat(this.server.bytesSent(PATH)).isEqualTo(3000 + this.content.size());
	}

	@Test
	void sendsTooMuch() throws Exception {
		this.server.script(PATH, Reply.ok().longerBy(5), Reply.ok().overrunBy(5));
		assertThat(get().body()).hasSize(3_000_005);
		assertThat(get().body()).hasSize(3_000_000);
		await().atMost(Duration.ofMinutes(3)).until(() -> this.server.bytesSent(PATH) == 6_000_010);
	}

	@Test
	void aStalledReplyGoesOnWhenReleased() throws Exception {
		this.server.script(PATH, Reply.ok().stallAfter(1000));
		CompletableFuture<HttpResponse<InputStream>> response = this.client.sendAsync(request(),
				BodyHandlers.ofInputStream());
		InputStream body = response.get(3, TimeUnit.MINUTES).body();
		assertThat(body.readNBytes(1000)).hasSize(1000);
		assertThat(this.server.bytesSent(PATH)).isEqualTo(1000);
		this.server.release();
		assertThat(body.readAllBytes()).hasSize(2_999_000);
	}

	@Test
	void aStallBeforeTheHeadersEndsWhenTheClientGoes() {
		this.server.always(PATH, Reply.ok().stallBeforeHeaders());
		CompletableFuture<HttpResponse<InputStream>> response = this.client.sendAsync(request(),
				BodyHandlers.ofInputStream());
		this.server.awaitRequests(PATH, 1);
		assertThat(this.server.openConnections()).isOne();
		response.cancel(true);
		await().atMost(Duration.ofMinutes(3)).until(() -> this.server.openConnections() == 0);
	}

	@Test
	void aGateHoldsRepliesUntilItOpens() {
		CountDownLatch gate = new CountDownLatch(1);
		this.server.always(PATH, Reply.ok().heldBy(gate));
		List<CompletableFuture<HttpResponse<byte[]>>> responses = IntStream.range(0, 8)
			.mapToObj((i) -> this.client.sendAsync(request(), BodyHandlers.ofByteArray()))
			.toList();
		this.server.awaitRequests(PATH, 8);
		assertThat(responses).noneMatch(CompletableFuture::isDone);
		gate.countDown();
		assertThat(responses).allSatisfy((response) -> assertThat(response.join().body()).hasSize(3_000_000));
	}

	@Test
	void bendsRanges() throws Exception {
		this.server.script(PATH, Reply.ok().shiftingRange(-1), Reply.ok().wrongTotal(9), Reply.ok().ignoringRange(),
				Reply.ok().partialAnyway());
		assertThat(contentRange("bytes=5-8")).isEqualTo("bytes 4-8/3000000");
		assertThat(contentRange("bytes=5-8")).isEqualTo("bytes 5-8/3000009");
		assertThat(get("Range", "bytes=5-8").statusCode()).isEqualTo(200);
		assertThat(get().statusCode()).isEqualTo(206);
	}

	@Test
	void redirectsAndEmptyBodies() throws Exception {
		this.server.script(PATH, Reply.redirect(302, "/elsewhere"), Reply.empty());
		assertThat(get().headers().firstValue("Location")).hasValue("/elsewhere");
		assertThat(get().headers().firstValueAsLong("Content-Length")).hasValue(0);
	}

	@Test
	void compressesUnasked() throws Exception {
		this.server.script(PATH, Reply.ok().gzipped());
		HttpResponse<byte[]> response = get("Accept-Encoding", "identity");
		assertThat(response.headers().firstValue("Content-Encoding")).hasValue("gzip");
		try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
			assertThat(in.readAllBytes()).isEqualTo(this.content.bytes());
		}
	}

	@Test
	void flipsOneByte() throws Exception {
		this.server.script(PATH, Reply.ok().flipped(2_000_000));
		byte[] expected = this.content.bytes();
		expected[2_000_000] ^= (byte) 0xff;
		assertThat(get().body()).isEqualTo(expected);
	}

	@Test
	void sendsIllegalHttp() {
		this.server.script(PATH, Reply.raw("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n"));
		assertThatIOException().isThrownBy(this::get);
	}

	@Test
	void aSlowReplyArrivesWhole() throws Exception {
		this.server.script(PATH, Reply.ok().throttled(30_000_000));
		assertThat(get().body()).isEqualTo(this.content.bytes());
	}

	@Test
	void speaksTls() throws Exception {
		try (MisbehavingServer secure = MisbehavingServer.startTls().serve(PATH, this.content)) {
			secure.script(PATH, Reply.ok(), Reply.ok().closeAfter(10),
					Reply.redirect(302, this.server.uri(PATH).toString()));
			HttpClient trusting = HttpClient.newBuilder().sslContext(TestCertificate.get().sslContext()).build();
			HttpRequest request = HttpRequest.newBuilder(secure.uri(PATH)).build();
			assertThat(trusting.send(request, BodyHandlers.ofByteArray()).body()).isEqualTo(this.content.bytes());
			assertThatIOException().isThrownBy(() -> trusting.send(request, BodyHandlers.ofByteArray()));
			assertThat(trusting.send(request, BodyHandlers.ofByteArray()).headers().firstValue("Location"))
				.hasValueSatisfying((location) -> assertThat(location).startsWith("http://"));
			assertThatExceptionOfType(SSLException.class)
				.isThrownBy(() -> this.client.send(request, BodyHandlers.ofByteArray()));
		}
	}

	@Test
	void theCertificateIsReadableAsPem() throws Exception {
		assertThat(CertificateFactory.getInstance("X.509")
			.generateCertificate(new ByteArrayInputStream(TestCertificate.get().pem().getBytes()))
			.getPublicKey()
			.getAlgorithm()).isEqualTo("EC");
	}

	@Test
	void contentBeyondTwoGigabytesNeedsNoMemory() throws Exception {
		Content large = Content.random(2L * 1024 * 1024 * 1024 + 12345, 1);
		this.server.serve("/large", large);
		long offset = 2L * 1024 * 1024 * 1024 - 3;
		HttpRequest request = HttpRequest.newBuilder(this.server.uri("/large"))
			.header("Range", "bytes=" + offset + "-")
			.build();
		byte[] tail = this.client.send(request, BodyHandlers.ofByteArray()).body();
		ByteArrayOutputStream expected = new ByteArrayOutputStream();
		large.write(offset, 12348, expected);
		assertThat(tail).isEqualTo(expected.toByteArray());
	}

	@Test
	void contentIsTheSameFromAnyOffsetAndItsDigestIsThatOfItsBytes() throws Exception {
		byte[] all = this.content.bytes();
		assertThat(slice(1_048_570, 20)).isEqualTo(Arrays.copyOfRange(all, 1_048_570, 1_048_590));
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		new DigestInputStream(new ByteArrayInputStream(all), digest).readAllBytes();
		assertThat(this.content.sha256()).isEqualTo(Digest.of(Algorithm.SHA256, digest.digest()));
		assertThat(this.content.startingWith((byte) 'G', (byte) 'G').bytes()).startsWith('G', 'G')
			.endsWith(slice(2, 2_999_998));
	}

	private String contentRange(String range) throws Exception {
		return get("Range", range).headers().firstValue("Content-Range").orElseThrow();
	}

	private byte[] slice(long offset, int length) throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		this.content.write(offset, length, out);
		return out.toByteArray();
	}

	private HttpRequest request(String... headers) {
		HttpRequest.Builder builder = HttpRequest.newBuilder(this.server.uri(PATH));
		return ((headers.length > 0) ? builder.headers(headers) : builder).build();
	}

	private HttpResponse<byte[]> get(String... headers) throws IOException, InterruptedException {
		return this.client.send(request(headers), BodyHandlers.ofByteArray());
	}

}
