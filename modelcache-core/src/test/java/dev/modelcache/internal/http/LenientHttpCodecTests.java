/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LenientHttpCodec} and {@link ResponseHead}.
 */
class LenientHttpCodecTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** What came of one response. */
	private record Read(HttpResponse response, String body, boolean complete) {

		String header(String name) {
			return String.join("|", this.response.headers().getAll(name));
		}

	}

	private static EmbeddedChannel asked(HttpMethod method) {
		EmbeddedChannel channel = new EmbeddedChannel();
		channel.pipeline().addLast(NettyPipeline.HttpCodec, new HttpClientCodec());
		LenientHttpCodec.replaceIn(channel.pipeline(), 1000);
		ask(channel, method);
		return channel;
	}

	private static void ask(EmbeddedChannel channel, HttpMethod method) {
		channel.writeOutbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, "/"));
		channel.releaseOutbound();
	}

	private static Read take(EmbeddedChannel channel) {
		HttpResponse response = channel.readInbound();
		StringBuilder body = new StringBuilder();
		boolean complete = false;
		for (Object next = channel.readInbound(); next != null; next = complete ? null : channel.readInbound()) {
			HttpContent content = (HttpContent) next;
			body.append(content.content().toString(StandardCharsets.ISO_8859_1));
			complete = content instanceof LastHttpContent;
			content.release();
		}
		return new Read(response, body.toString(), complete);
	}

	private static ByteBuf bytes(String text) {
		return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
	}

	/** Reads a response at once, and byte by byte, with the same result. */
	private static Read read(String text) {
		Read read = readAtOnce(text);
		EmbeddedChannel slowly = asked(HttpMethod.GET);
		text.chars().forEach((c) -> slowly.writeInbound(bytes(String.valueOf((char) c))));
		Read again = take(slowly);
		slowly.finishAndReleaseAll();
		assertThat(again.body()).isEqualTo(read.body());
		assertThat(again.complete()).isEqualTo(read.complete());
		return read;
	}

	@Test
	void bodyOfALengthEndsThere() {
		Read read = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\nhello");
		assertThat(read.body()).isEqualTo("hello");
		assertThat(read.complete()).isTrue();
		assertThat(read.header("etag")).isEqualTo("\"a\"");
		assertThat(read.header("Connection")).isEmpty();
	}

	@Test
	void bodyWithoutALengthEndsWithTheConnection() {
		EmbeddedChannel channel = asked(HttpMethod.GET);
		channel.writeInbound(bytes("HTTP/1.1 200 OK\r\n\r\nhello"));
		assertThat(take(channel).complete()).isFalse();
		channel.finish();
		assertThat((Object) channel.readInbound()).isSameAs(LastHttpContent.EMPTY_LAST_CONTENT);
	}

	static Stream<String> chunks() {
		return Stream.of("5\r\nhello\r\n0\r\n\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "5\nhello\n0\n\n",
				"5 \r\nhello\r\n0 \r\n\r\n", "0000000000000000000005\r\nhello\r\n000\r\n\r\n",
				"5;name=value\r\nhello\r\n0;x\r\n\r\n", "5;\r\nhello\r\n0\r\nContent-Length: 17\r\nX: y\r\n\r\n");
	}

	@ParameterizedTest
	@MethodSource("chunks")
	void chunksAreReadAsCurlReadsThem(String chunks) {
		Read read = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
		assertThat(read.body()).isEqualTo("hello");
		assertThat(read.complete()).isTrue();
		assertThat(read.header("Content-Length")).isEmpty();
	}

	@Test
	void chunkMayBeLargerThanTwoGigabytes() {
		Read read = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200000000\r\nhello");
		assertThat(read.body()).isEqualTo("hello");
		assertThat(read.complete()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "x\r\nhello", "\r\nhello", "-5\r\nhello", "ffffffffffffffffff\r\nhello", "5\r\nhello!\r\n" })
	void chunkThatIsWrongEndsTheConnection(String chunks) {
		EmbeddedChannel channel = asked(HttpMethod.GET);
		String head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
		assertThatExceptionOfType(DecoderException.class).isThrownBy(() -> channel.writeInbound(bytes(head + chunks)));
		assertThat(channel.isOpen()).isFalse();
		channel.finishAndReleaseAll();
	}

	static Stream<String> doubtful() {
		String rest = "Content-Length: 5\r\n\r\nhello";
		return Stream.of("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "HTTP/1.1 200 OK\r\nX: a\n" + rest,
				"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nnonsense\r\n" + rest,
				"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n" + rest, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" + rest,
				"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 17\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
				"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
	}

	@ParameterizedTest
	@MethodSource("doubtful")
	void connectionOfADoubtfulResponseIsNotUsedAgain(String text) {
		Read read = read(text);
		assertThat(read.body()).isEqualTo("hello");
		assertThat(read.complete()).isTrue();
		assertThat(read.header("Connection")).isEqualTo("close");
	}

	@Test
	void lengthIsIgnoredWhereChunksCount() {
		Read read = read(
				"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
		assertThat(read.body()).isEqualTo("hello");
		assertThat(read.header("Content-Length")).isEmpty();
		assertThat(read.header("Transfer-Encoding")).isEqualTo("chunked");
	}

	@Test
	void equalLengthsAreOne() {
		assertThat(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\nhello")
			.header("Content-Length")).isEqualTo("5");
	}

	@Test
	void responsesWithoutABodyHaveNone() {
		for (int status : new int[] { 204, 304, 101 }) {
			Read read = read("HTTP/1.1 " + status + " X\r\nContent-Length: 5\r\n\r\n");
			assertThat(read.response().status().code()).isEqualTo(status);
			assertThat(read.complete()).isTrue();
		}
		EmbeddedChannel head = asked(HttpMethod.HEAD);
		head.writeInbound(bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
		Read read = take(head);
		assertThat(read.complete()).isTrue();
		assertThat(read.header("Content-Length")).isEqualTo("5");
		ask(head, HttpMethod.GET);
		head.writeInbound(bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
		assertThat(take(head).body()).isEqualTo("hello");
	}

	@Test
	void interimResponsesAreSkipped() {
		Read read = read("HTTP/1.1 100\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
				+ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
		assertThat(read.response().status().code()).isEqualTo(200);
		assertThat(read.header("Link")).isEmpty();
		assertThat(read.body()).isEqualTo("hello");
	}

	@Test
	void differentLengthsAreAFailureThatSaysSo() {
		EmbeddedChannel channel = asked(HttpMethod.GET);
		String text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
		assertThatExceptionOfType(DecoderException.class).isThrownBy(() -> channel.writeInbound(bytes(text)))
			.satisfies((failure) -> {
				ConnectionFailedException explained = ConnectionFailedException.in(failure);
				assertThat(explained).isNotNull().hasMessage("states two different lengths, 5 and 6");
				assertThat(explained.reason()).isEqualTo(Reason.ILLEGAL_RESPONSE);
			});
		assertThat(channel.isOpen()).isFalse();
	}

	/** Each took time that grew with the square of its lines. */
	@Test
	@Timeout(60)
	void headsOfManyLinesAreReadInOnePass() {
		String folded = "X: a\r\n" + " b\r\n".repeat(70_000);
		assertThat(readAtOnce("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + folded + "\r\n").header("X"))
			.hasSize(140_001);
		String lengths = IntStream.range(0, 11_000)
			.mapToObj((number) -> "Content-Length: x" + number + "\r\n")
			.collect(Collectors.joining());
		assertThat(readAtOnce("HTTP/1.1 200 OK\r\n" + lengths + "Content-Length: 0\r\n\r\n").header("Content-Length"))
			.isEqualTo("0");
	}

	private static Read readAtOnce(String text) {
		EmbeddedChannel channel = asked(HttpMethod.GET);
		channel.writeInbound(bytes(text));
		Read read = take(channel);
		channel.finishAndReleaseAll();
		return read;
	}

	@Test
	void headWithoutEndIsGivenUp() {
		EmbeddedChannel channel = asked(HttpMethod.GET);
		assertThatExceptionOfType(DecoderException.class).isThrownBy(() -> {
			channel.writeInbound(bytes("HTTP/1.1 200 OK\r\n"));
			for (int i = 0; i < 1000; i++) {
				channel.writeInbound(bytes("X: " + "x".repeat(1000) + "\r\n"));
			}
		})
			.satisfies((failure) -> assertThat(ConnectionFailedException.in(failure)).isNotNull()
				.extracting(ConnectionFailedException::reason)
				.isEqualTo(Reason.TOO_LARGE));
	}

	@ParameterizedTest
	@ValueSource(strings = { "nonsense\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "\u0015\u0003\u0003", "S" })
	void whatIsNoResponseIsAFailureThatSaysSo(String text) {
		EmbeddedChannel channel = asked(HttpMethod.GET);
		assertThatExceptionOfType(DecoderException.class).isThrownBy(() -> channel.writeInbound(bytes(text)))
			.satisfies((failure) -> assertThat(ConnectionFailedException.in(failure)).isNotNull()
				.hasMessage("answered with something other than HTTP"));
	}

	@Test
	void whatWasNotAskedForEndsTheConnection() {
		EmbeddedChannel channel = asked(HttpMethod.GET);
		channel.writeInbound(bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more"));
		assertThat(take(channel).body()).isEqualTo("hello");
		assertThat(channel.isOpen()).isFalse();
		channel.finishAndReleaseAll();
	}

	/** Returns the size of a body, after its connection has been given back. */
	private static int sizeOf(HttpClient client, URI uri) {
		byte[] body = client.get()
			.uri(uri)
			.responseConnection((response, connection) -> connection.inbound()
				.receive()
				.aggregate()
				.asByteArray()
				.flatMap((bytes) -> Mono
					.<byte[]>create((sink) -> connection.channel().eventLoop().execute(() -> sink.success(bytes)))))
			.blockFirst(PATIENCE);
		return (body != null) ? body.length : 0;
	}

	static Stream<Map.Entry<UnaryOperator<Reply>, Integer>> replies() {
		return Stream.of(Map.entry((reply) -> reply, 1),
				Map.entry((reply) -> reply.head((head) -> head.replace("\r\n", "\n")), 2),
				Map.entry((reply) -> reply.chunked().header("Content-Length", "3"), 2),
				Map.entry((reply) -> reply.head((head) -> "HTTP/1.1 103 Hints\r\n\r\n" + head), 1));
	}

	@ParameterizedTest
	@MethodSource("replies")
	void clientUsesConnectionsAgainWhoseResponsesAreClear(Map.Entry<UnaryOperator<Reply>, Integer> row) {
		ConnectionProvider connections = ConnectionProvider.create("codec", 4);
		try (MisbehavingServer server = MisbehavingServer.start().serve("/f", Content.random(100_000, 1))) {
			server.always("/f", row.getKey().apply(Reply.ok()));
			HttpClient client = NettyBuffers.forDownloads(HttpClient.create(connections));
			List<Integer> sizes = new ArrayList<>();
			for (int i = 0; i < 2; i++) {
				sizes.add(sizeOf(client, server.uri("/f")));
			}
			assertThat(sizes).containsExactly(100_000, 100_000);
			assertThat(server.requests("/f").stream().map(RecordedRequest::connection).distinct())
				.hasSize(row.getValue());
		}
		finally {
			connections.dispose();
		}
	}

}
