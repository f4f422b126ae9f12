/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ModelOrigin}.
 */
class ModelOriginTests {

	private static final byte[] TEN = "0123456789".getBytes(StandardCharsets.US_ASCII);

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final ModelOrigin origin = ModelOrigin.start().serve("ten.bin", TEN);

	@AfterEach
	void close() {
		this.origin.close();
	}

	private HttpResponse<byte[]> get(URI uri, String... headers) throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri);
		return this.client.send(((headers.length > 0) ? request.headers(headers) : request).build(),
				BodyHandlers.ofByteArray());
	}

	private HttpResponse<byte[]> ten(String... headers) throws IOException, InterruptedException {
		return get(this.origin.uri("ten.bin"), headers);
	}

	@Test
	void wholeFileHasLengthValidatorAndDigest() throws Exception {
		HttpResponse<byte[]> response = ten();
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo(TEN);
		assertThat(response.headers().firstValue("Content-Length")).hasValue("10");
		assertThat(response.headers().firstValue("ETag").orElseThrow()).startsWith("\"");
		assertThat(response.headers().firstValue("Repr-Digest").orElseThrow()).startsWith("sha-256=:");
	}

	@Test
	void rangesAreServed() throws Exception {
		HttpResponse<byte[]> middle = ten("Range", "bytes=2-4");
		assertThat(middle.statusCode()).isEqualTo(206);
		assertThat(middle.body()).asString().isEqualTo("234");
		assertThat(middle.headers().firstValue("Content-Range")).hasValue("bytes 2-4/10");
		assertThat(ten("Range", "bytes=7-").body()).asString().isEqualTo("789");
		assertThat(ten("Range", "bytes=7-99").headers().firstValue("Content-Range")).hasValue("bytes 7-9/10");
		assertThat(ten("Range", "bytes=10-").statusCode()).isEqualTo(416);
		assertThat(ten("Range", "bytes=2-4", "If-Range", "\"other\"").statusCode()).isEqualTo(200);
		String validator = ten().headers().firstValue("ETag").orElseThrow();
		assertThat(ten("Range", "bytes=2-4", "If-Range", validator).statusCode()).isEqualTo(206);
	}

	@Test
	void longestNameThatMatchesIsServed() {
		this.origin.serve("a/b.bin", new byte[] { 1 }).serve("https://two.example/a/b.bin", new byte[] { 2 });
		assertThat(this.origin.content(URI.create("https://one.example/x/a/b.bin"))).containsExactly(1);
		assertThat(this.origin.content(URI.create("https://two.example/a/b.bin?token=1"))).containsExactly(2);
		assertThat(this.origin.content(URI.create("https://TWO.example/a/b.bin"))).containsExactly(2);
		assertThat(this.origin.content(URI.create("https://two.example/aa/b.bin"))).isNull();
		assertThat(this.origin.content(URI.create("https://one.example/two.example/a/b.bin"))).containsExactly(1);
		assertThat(this.origin.content(URI.create("https://two.example/any.gguf"))).isEqualTo(TinyModels.gguf());
	}

	@Test
	void everyHostAndPortHasItsPlace() {
		for (String url : new String[] { "https://models.example.com/a/b.gguf", "http://[2001:db8::1]:8080/b%20c.gguf",
				"https://models.example.com:8443/b.gguf?x=%2F&y=a+b" }) {
			URI here = this.origin.standInFor(URI.create(url));
			assertThat(here.getHost()).isEqualTo("127.0.0.1");
			String target = here.getRawPath() + ((here.getRawQuery() != null) ? "?" + here.getRawQuery() : "");
			assertThat(this.origin.original(URI.create(target))).isEqualTo(URI.create(url));
		}
		URI loopback = URI.create("http://127.0.0.1:1/b.gguf");
		assertThat(this.origin.standInFor(loopback)).isEqualTo(loopback);
	}

	@Test
	void faultsOfTheNextRequestsComeBeforeThatOfEveryRequest() throws Exception {
		this.origin.failEvery("ten.bin", Fault.status(404))
			.failNext("ten.bin", Fault.unavailable(Duration.ofSeconds(7)), Fault.loginPage());
		HttpResponse<byte[]> first = ten();
		assertThat(first.statusCode()).isEqualTo(503);
		assertThat(first.headers().firstValue("Retry-After")).hasValue("7");
		assertThat(ten().body()).asString().contains("Please sign in");
		assertThat(ten().statusCode()).isEqualTo(404);
		assertThat(ten().statusCode()).isEqualTo(404);
		this.origin.reset();
		assertThat(this.origin.serve("ten.bin", TEN).requests()).isEmpty();
		assertThat(ten().statusCode()).isEqualTo(200);
	}

	@Test
	void contentIsBrokenWrongSlowOrWhole() throws Exception {
		this.origin.failNext("ten.bin", Fault.wrongBytes(), Fault.slow(DataSize.ofBytes(200)), Fault.withoutRanges(),
				Fault.breakAfter(4));
		assertThat(ten().body()).asString().isEqualTo("0123456788");
		assertThat(ten().body()).isEqualTo(TEN);
		assertThat(ten("Range", "bytes=2-4").statusCode()).isEqualTo(200);
		assertThatExceptionOfType(IOException.class).isThrownBy(this::ten);
		assertThat(ten().body()).isEqualTo(TEN);
	}

	@Test
	void heldAnswerGoesOnWhenItIsReleased() throws Exception {
		this.origin.failNext("ten.bin", Fault.holdAfter(4));
		CompletableFuture<HttpResponse<InputStream>> held = this.client
			.sendAsync(HttpRequest.newBuilder(this.origin.uri("ten.bin")).build(), BodyHandlers.ofInputStream());
		try (InputStream in = held.join().body()) {
			assertThat(in.readNBytes(4)).asString().isEqualTo("0123");
			this.origin.release();
			assertThat(in.readAllBytes()).asString().isEqualTo("456789");
		}
	}

	@Test
	void requestsAreKept() throws Exception {
		ten("X-Team", "models");
		get(this.origin.uri("other.bin"));
		assertThat(this.origin.requests()).hasSize(2);
		assertThat(this.origin.requests("ten.bin")).singleElement().satisfies((request) -> {
			assertThat(request.method()).isEqualTo("GET");
			assertThat(request.uri()).isEqualTo(this.origin.uri("ten.bin"));
			assertThat(request.header("x-team")).isEqualTo("models");
		});
	}

	@Test
	void unknownFileIsNotFoundAndAWrongStatusIsRefused() throws Exception {
		assertThat(get(this.origin.uri("other.bin")).statusCode()).isEqualTo(404);
		assertThatIllegalArgumentException().isThrownBy(() -> Fault.status(200)).withMessageContaining("400 to 599");
	}

}
