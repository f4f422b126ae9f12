/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

import dev.modelcache.Digest;
import dev.modelcache.DownloadOptions;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.TestCertificate;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import reactor.netty.http.client.HttpClient;

/**
 * Downloads a file by a cache of its own, which trusts the {@link TestCertificate}. Can
 * be the main class of another JVM, which has the environment variables of its process.
 */
final class DownloadedFile {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private DownloadedFile() {
	}

	static byte[] download(Path directory, String url, Digest digest, Map<String, String> environment,
			Consumer<DownloadOptions> options) throws IOException {
		Map<String, String> variables = new HashMap<>(environment);
		variables.put("user.home", directory.toString());
		SslContext trusting = SslContextBuilder.forClient().trustManager(TestCertificate.get().trust()).build();
		try (var cache = ModelCache.builder()
			.environment(variables::get)
			.verifyFormat(FormatVerification.OFF)
			.cache((use) -> use.directory(directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.download((use) -> options
				.accept(use.allowInsecureHttp(true).tlsHandshakeTimeout(PATIENCE).segmentSize(DataSize.ofMegabytes(1))))
			.connectors((rules) -> new ReactorClientHttpConnector(
					rules.prepare(HttpClient.create().secure((tls) -> tls.sslContext(trusting)))))
			.build()) {
			ModelRequest request = ModelRequest.builder("m")
				.url(URI.create(url))
				.expectedDigest(digest)
				.maxAttempts(1)
				.build();
			return Files.readAllBytes(cache.get(request).block(PATIENCE).path());
		}
	}

	/**
	 * Downloads the same file from one URL after the other.
	 * @param arguments a directory, the digest of the file, and the URLs
	 */
	public static void main(String[] arguments) throws IOException {
		for (int i = 2; i < arguments.length; i++) {
			byte[] bytes = download(Path.of(arguments[0], "of-" + i), arguments[i], Digest.parse(arguments[1]),
					System.getenv(), (options) -> {
					});
			System.out.println(bytes.length + " bytes of " + arguments[i]);
		}
	}

}
