/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

import dev.modelcache.sample.ModelOrigin.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

class ModelOriginTests {

	private final ServedFile model = ServedFile.commands();

	private final ModelOrigin origin = ModelOrigin.start(DataSize.ofTerabytes(1), DataSize.ofTerabytes(1));

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@AfterEach
	void stop() {
		this.origin.close();
	}

	@Test
	void breaksAConnectionHalfWayAndServesTheNext() throws Exception {
		assertThat(bodyBytes()).isLessThan(this.model.size());
		assertThat(bodyBytes()).isEqualTo(this.model.size());
	}

	@Test
	void servesTheRangeThatIsAskedFor() throws Exception {
		bodyBytes();
		HttpResponse<InputStream> response = get("Range", "bytes=100000-199999", "If-Range", this.model.etag());
		assertThat(response.statusCode()).isEqualTo(206);
		assertThat(response.headers().firstValue("Content-Range")).hasValue("bytes 100000-199999/" + this.model.size());
		assertThat(response.body().readAllBytes()).isEqualTo(this.model.bytes(100_000, 100_000));
	}

	@Test
	void servesTheEndOfTheFile() throws Exception {
		bodyBytes();
		HttpResponse<InputStream> response = get("Range", "bytes=-100");
		assertThat(response.body().readAllBytes()).isEqualTo(this.model.bytes(this.model.size() - 100, 100));
	}

	@Test
	void anotherVersionIsServedWhole() throws Exception {
		HttpResponse<InputStream> response = get("Range", "bytes=5-", "If-Range", "\"other\"");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(this.model.size());
		response.body().close();
	}

	@Test
	void aRangeBeyondTheEndIsNotSatisfiable() throws Exception {
		HttpResponse<InputStream> response = get("Range", "bytes=" + this.model.size() + "-");
		assertThat(response.statusCode()).isEqualTo(416);
		assertThat(response.headers().firstValue("Content-Range")).hasValue("bytes */" + this.model.size());
	}

	@Test
	void headTellsSizeAndValidatorAndDoesNotCountAsTheFirstBody() throws Exception {
		HttpRequest head = HttpRequest.newBuilder(this.origin.uri(Server.FIRST).resolve(ModelOrigin.path(this.model)))
			.method("HEAD", BodyPublishers.noBody())
			.build();
		HttpResponse<InputStream> response = this.client.send(head, BodyHandlers.ofInputStream());
		assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(this.model.size());
		assertThat(response.headers().firstValue("ETag")).hasValue(this.model.etag());
		assertThat(response.body().readAllBytes()).isEmpty();
		assertThat(bodyBytes()).isLessThan(this.model.size());
	}

	private HttpResponse<InputStream> get(String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(this.origin.uri(Server.FIRST).resolve(ModelOrigin.path(this.model)));
		return this.client.send(((headers.length > 0) ? request.headers(headers) : request).build(),
				BodyHandlers.ofInputStream());
	}

	/**
	 * Counts the bytes of a body over a socket, as HTTP clients drop some when it breaks.
	 */
	private long bodyBytes() throws IOException {
		try (Socket socket = new Socket("127.0.0.1", this.origin.uri(Server.FIRST).getPort())) {
			socket.getOutputStream()
				.write(("GET " + ModelOrigin.path(this.model)
						+ " HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			InputStream in = new BufferedInputStream(socket.getInputStream());
			StringBuilder head = new StringBuilder();
			while (head.indexOf("\r\n\r\n") < 0) {
				head.append((char) in.read());
			}
			assertThat(head).contains("content-length: " + this.model.size());
			return in.transferTo(OutputStream.nullOutputStream());
		}
	}

}
