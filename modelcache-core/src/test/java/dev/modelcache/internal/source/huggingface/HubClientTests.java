/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.util.Locale;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.http.MetadataResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HubClient}: what the headers of a file say, and what they do not.
 */
class HubClientTests {

	private static final String SHA1 = "0123456789abcdef0123456789abcdef01234567";

	private static final String SHA256 = SHA1 + "0123456789abcdef01234567";

	private static final String EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

	private static final Digest GIT = new Digest(Algorithm.GIT_SHA1, SHA1);

	private static final Digest LARGE = new Digest(Algorithm.SHA256, SHA256);

	private static final String COMMIT = "X-Repo-Commit: " + "f".repeat(40);

	@ParameterizedTest
	@MethodSource
	void digestIsOneWhereTheHubStatesIt(String headers, @Nullable Digest digest) {
		assertThat(file(200, headers).digest()).isEqualTo(digest);
		assertThat(file(302, headers).digest()).isEqualTo(digest);
	}

	static Stream<Arguments> digestIsOneWhereTheHubStatesIt() {
		return Stream.of(Arguments.of("X-Linked-ETag: \"" + SHA256 + "\"", LARGE),
				Arguments.of("X-Linked-ETag: " + SHA256, LARGE),
				Arguments.of("X-Linked-ETag: W/\"" + SHA256 + "\"", LARGE),
				Arguments.of("X-Linked-ETag: \"" + SHA256.toUpperCase(Locale.ROOT) + "\"", LARGE),
				Arguments.of("X-Linked-ETag: \"" + SHA256 + "\"\nETag: \"" + SHA1 + "\"\n" + COMMIT, LARGE),
				Arguments.of("ETag: \"" + SHA256 + "\"\n" + COMMIT, LARGE),
				Arguments.of("ETag: \"" + SHA256 + "\"", null), Arguments.of("ETag: \"" + SHA1 + "\"\n" + COMMIT, GIT),
				Arguments.of("ETag: " + SHA1 + "\n" + COMMIT, GIT),
				Arguments.of("ETag: W/\"" + SHA1 + "\"\n" + COMMIT, GIT),
				Arguments.of("ETag: \"" + SHA1 + "-gzip\"\n" + COMMIT, GIT),
				Arguments.of("ETag: W/\"" + SHA1 + "--gzip\"\n" + COMMIT, GIT),
				Arguments.of("ETag: \"" + SHA1 + ";br\"\n" + COMMIT, GIT),
				Arguments.of("X-Linked-ETag: \"" + SHA1 + "\"\n" + COMMIT, GIT),
				// A plain SHA-1, as repository managers and git forges send it.
				Arguments.of("ETag: \"" + SHA1 + "\"", null), Arguments.of("ETag: " + SHA1, null),
				Arguments.of("ETag: \"" + SHA1 + "-gzip\"", null),
				Arguments.of("X-Linked-ETag: \"" + SHA1 + "\"", null),
				Arguments.of("ETag: \"" + SHA1 + "\"\nX-Repo-Commit: main", null),
				Arguments.of("ETag: " + SHA1 + "\nX-Checksum-Sha1: " + SHA1 + "\n" + COMMIT, null),
				Arguments.of("ETag: \"" + SHA1 + "\"\nX-File-SHA-1: " + SHA1 + "\n" + COMMIT, null),
				Arguments.of("X-Checksum-Sha256: " + SHA256 + "\nETag: \"" + SHA1 + "\"", null),
				// The Hub keeps no file of this size in git.
				Arguments.of("ETag: \"" + SHA1 + "\"\nX-Linked-Size: 10485761\n" + COMMIT, null),
				Arguments.of("ETag: \"" + SHA1 + "\"\nX-Linked-Size: 10485760\n" + COMMIT, GIT),
				Arguments.of("ETag: \"" + SHA256 + "\"\nX-Xet-Hash: " + SHA256 + "\n" + COMMIT, null),
				// No digests at all.
				Arguments.of("ETag: \"65a1-5f3c\"\n" + COMMIT, null),
				Arguments.of("ETag: \"" + SHA1 + "-2\"\n" + COMMIT, null),
				Arguments.of("ETag: \"" + SHA1 + "x\"\n" + COMMIT, null), Arguments.of("ETag: \"\"\n" + COMMIT, null),
				Arguments.of("X-Linked-ETag: \"none\"\n" + COMMIT, null), Arguments.of("", null));
	}

	@ParameterizedTest
	@ValueSource(strings = { "X-Linked-Size: 1000\nContent-Length: 135", "Content-Length: 1000",
			"X-Linked-Size: 0\nContent-Length: 1000", "X-Linked-Size: x\nContent-Length: 1000",
			"Content-Length: 1000\nContent-Encoding: identity", "X-Linked-Size: 1000\nContent-Encoding: gzip",
			"Content-Length: 1000\nContent-Encoding: binary" })
	void sizeIsThatOfTheFile(String headers) {
		assertThat(file(200, headers).size()).isEqualTo(1000);
	}

	@ParameterizedTest
	@ValueSource(strings = { "Content-Length: 0", "X-Linked-Size: 0", "X-Linked-Size: 0\nContent-Length: 0", "",
			"Content-Length: 400\nContent-Encoding: gzip", "Content-Length: 400\nContent-Encoding: br",
			"Content-Length: 400\nContent-Encoding: GZIP, identity", "Content-Length: 400\nContent-Encoding: x-gzip",
			"Content-Length: 400\nETag: \"abc-gzip\"", "Content-Length: -1", "Content-Length: 4 GB" })
	void sizeThatIsNotThatOfTheFileIsUnknown(String headers) {
		assertThat(file(200, headers).size()).isNull();
	}

	@Test
	void lengthOfARedirectIsNotThatOfTheFile() {
		assertThat(file(302, "Content-Length: 1000").size()).isNull();
		assertThat(file(302, "Content-Length: 5\nX-Linked-Size: 1000").size()).isEqualTo(1000);
	}

	@Test
	void emptyFileIsEmptyIfItsDigestSaysSo() {
		HubFile file = file(200, "Content-Length: 0\nETag: \"" + EMPTY + "\"\n" + COMMIT);
		assertThat(file.size()).isZero();
		assertThat(file.isComplete()).isTrue();
	}

	private static HubFile file(int status, String lines) {
		HttpHeaders headers = new HttpHeaders();
		lines.lines().forEach((line) -> headers.add(line.replaceFirst(":.*", ""), line.replaceFirst("[^:]*: ", "")));
		return HubClient.fileOf(new ModelFileName("m.gguf"),
				new MetadataResponse(URI.create("https://hub.example/m.gguf"), status, headers, new byte[0]));
	}

}
