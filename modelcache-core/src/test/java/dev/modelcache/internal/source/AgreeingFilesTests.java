/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source;

import java.net.URI;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.testsupport.Content;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which files of several locations can be the same one.
 */
@ExtendWith(OutputCaptureExtension.class)
class AgreeingFilesTests {

	private static final Digest RIGHT = Content.of("right").sha256();

	private static final Digest WRONG = Content.of("wrong").sha256();

	private static final Digest OF_ANOTHER_KIND = Content.of("right").digest(Algorithm.SHA512);

	private static RemoteFile file(String host, @Nullable Digest digest, @Nullable Long size) {
		ExpectedDigest expected = (digest != null) ? new ExpectedDigest(digest, DigestOrigin.SOURCE) : null;
		return new RemoteFile("m.gguf",
				List.of(new Mirror(URI.create("https://" + host + "/m.gguf?secret=4711"), Map.of())), expected, size);
	}

	private static AgreeingFiles agreeing(@Nullable Digest configured, RemoteFile... files) {
		return AgreeingFiles.of(
				ModelRequest.builder("m").url(URI.create("https://a/m.gguf")).expectedDigest(configured).build(),
				List.of(files));
	}

	@Test
	void filesOfWhichNothingIsKnownAgree() {
		RemoteFile first = file("a", null, null);
		RemoteFile second = file("b", null, null);
		AgreeingFiles agreeing = agreeing(null, first, second);
		assertThat(agreeing.files()).containsExactly(first, second);
		assertThat(agreeing.expected()).isNull();
		assertThat(agreeing.size()).isNull();
	}

	@Test
	void fileWithAnotherDigestThanTheConfiguredOneIsLeftOutWithItsReason(CapturedOutput output) {
		RemoteFile second = file("b", RIGHT, null);
		AgreeingFiles agreeing = agreeing(RIGHT, file("a", WRONG, null), second, file("c", OF_ANOTHER_KIND, null));
		assertThat(agreeing.files()).contains(second).hasSize(2);
		assertThat(output).contains("https://a/m.gguf is not used").contains(WRONG.hex()).doesNotContain("4711");
	}

	@Test
	void digestOfTheUrlIsTheExpectedOneWhereNoneIsConfigured() {
		RemoteFile first = file("a", RIGHT, 5L);
		RemoteFile second = file("b", null, null);
		AgreeingFiles agreeing = agreeing(null, first, second, file("c", WRONG, 5L));
		assertThat(agreeing.files()).containsExactly(first, second);
		assertThat(agreeing.expected()).isEqualTo(first.expected());
	}

	@Test
	void mirrorDoesNotSayWhatTheUrlIs() {
		RemoteFile first = file("a", null, null);
		RemoteFile second = file("b", RIGHT, 5L);
		AgreeingFiles agreeing = agreeing(null, first, second);
		assertThat(agreeing.files()).containsExactly(first, second);
		assertThat(agreeing.expected()).isNull();
		assertThat(agreeing.size()).isNull();
	}

	@Test
	void fileWithAnotherSizeIsLeftOut(CapturedOutput output) {
		RemoteFile first = file("a", null, 5L);
		RemoteFile third = file("c", null, null);
		AgreeingFiles agreeing = agreeing(null, first, file("b", null, 6L), third);
		assertThat(agreeing.files()).containsExactly(first, third);
		assertThat(agreeing.size()).isEqualTo(5);
		assertThat(output)
			.contains("https://b/m.gguf is not used because it states a size of 6 bytes, but others state 5 bytes");
	}

	@Test
	void sizeIsThatOfWhoeverStatesTheExpectedDigest() {
		RemoteFile sure = file("b", RIGHT, 6L);
		AgreeingFiles agreeing = agreeing(RIGHT, file("a", null, 5L), sure);
		assertThat(agreeing.files()).containsExactly(sure);
		assertThat(agreeing.size()).isEqualTo(6);
	}

	@Test
	void whereEverySourceStatesAnotherDigestNothingIsFetched() {
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> agreeing(RIGHT, file("a", WRONG, null), file("b", WRONG, null)))
			.withMessageContaining(RIGHT.hex());
	}

	@Test
	void configuredDigestOfACompressedFileMayBeThatOfItsContent() {
		RemoteFile first = compressed("a", WRONG);
		AgreeingFiles agreeing = agreeing(RIGHT, first, compressed("b", Content.of("third").sha256()));
		assertThat(agreeing.files()).containsExactly(first);
		assertThat(agreeing.expected().digest()).isEqualTo(RIGHT);
	}

	@Test
	void configuredDigestOfACompressedFileIsItsOwnIfSomebodyStatesIt() {
		RemoteFile second = compressed("b", RIGHT);
		assertThat(agreeing(RIGHT, compressed("a", WRONG), second).files()).containsExactly(second);
	}

	private static RemoteFile compressed(String host, Digest digest) {
		return new RemoteFile("m.gguf.gz", file(host, null, null).mirrors(),
				new ExpectedDigest(digest, DigestOrigin.SOURCE), null);
	}

}
