/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;

/**
 * What one writes with a WebClient in ten lines: one request, a digest on the way, and
 * {@link DataBufferUtils#write}. No ranges, no lock, no staging, no fsync.
 */
public final class SimplePipeline {

	private final WebClient webClient = WebClient.create();

	/**
	 * Fetches a file.
	 * <p>
	 * <em>Blocking</em>: until the last byte is written and the digest compared.
	 * @param source where from
	 * @param target where to; must not exist
	 * @param digest the SHA-256 that it must have, as {@code sha256:<hex>}, or
	 * {@code null} to take any file
	 * @param patience how long to wait
	 */
	public void download(URI source, Path target, @Nullable String digest, Duration patience) {
		MessageDigest sha256 = sha256();
		try (AsynchronousFileChannel file = AsynchronousFileChannel.open(target, StandardOpenOption.CREATE_NEW,
				StandardOpenOption.WRITE)) {
			Flux<DataBuffer> body = this.webClient.get()
				.uri(source)
				.retrieve()
				.bodyToFlux(DataBuffer.class)
				.doOnNext((buffer) -> update(sha256, buffer));
			DataBufferUtils.write(body, file).map(DataBufferUtils::release).then().block(patience);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		String actual = "sha256:" + HexFormat.of().formatHex(sha256.digest());
		if (digest != null && !actual.equals(digest)) {
			throw new IllegalStateException("fetched " + actual + " instead of " + digest);
		}
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has SHA-256", ex);
		}
	}

	private static void update(MessageDigest digest, DataBuffer buffer) {
		try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
			parts.forEachRemaining(digest::update);
		}
	}

}
