/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import com.github.luben.zstd.Zstd;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import org.springframework.core.io.buffer.DataBuffer;

import static org.assertj.core.api.Assertions.assertThat;

class ZstdBodyTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final Mirror MIRROR = new Mirror(URI.create("https://host/m.gguf"), Map.of());

	private static Flux<DataBuffer> decode(byte[] body, int piece, boolean available) {
		List<DataBuffer> pieces = new ArrayList<>();
		for (int from = 0; from < body.length; from += piece) {
			pieces.add(EncodedBody.buffer(Arrays.copyOfRange(body, from, Math.min(body.length, from + piece))));
		}
		return EncodedBody.decode(Flux.fromIterable(pieces), () -> new ZstdBody(MIRROR, () -> available));
	}

	private static byte[] bytes(Flux<DataBuffer> body) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		body.map(EncodedBody::take).doOnNext(all::writeBytes).blockLast(PATIENCE);
		return all.toByteArray();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 3, 1000, 70_000, 1 << 20 })
	void framesAreDecodedHoweverTheyAreCut(int piece) {
		byte[] noise = Content.random(100_000, 1).bytes();
		ByteArrayOutputStream content = new ByteArrayOutputStream();
		content.writeBytes(new byte[2_000_000]);
		content.writeBytes(noise);
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		// RFC 8878, section 3.1.2: four bytes of magic, the length, and what is skipped.
		body.writeBytes(new byte[] { 0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7 });
		body.writeBytes(Zstd.compress(new byte[2_000_000]));
		body.writeBytes(Zstd.compress(noise));
		assertThat(bytes(decode(body.toByteArray(), piece, true))).isEqualTo(content.toByteArray());
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "abc", "GGUF and more" })
	void whatIsNotInZstandardIsPassedOn(String body) {
		assertThat(bytes(decode(body.getBytes(), 2, false))).isEqualTo(body.getBytes());
	}

	@Test
	void withoutTheLibraryTheErrorNamesIt() {
		StepVerifier.create(decode(Zstd.compress(new byte[10]), 100, false))
			.expectErrorSatisfies((failure) -> assertThat(failure).hasMessageContaining("com.github.luben:zstd-jni")
				.isInstanceOfSatisfying(RequestFailedException.class,
						(request) -> assertThat(request.reason()).isEqualTo(Reason.ENCODED)))
			.verify(PATIENCE);
	}

	/** So few bytes expand to more than is wanted at once. */
	@Test
	void noMoreIsDecodedThanIsWanted() {
		byte[] body = Zstd.compress(new byte[64 << 20]);
		StepVerifier.create(decode(body, body.length, true), 1)
			.assertNext((buffer) -> assertThat(buffer.readableByteCount()).isLessThanOrEqualTo(1 << 20))
			.thenCancel()
			.verify(PATIENCE);
	}

}
