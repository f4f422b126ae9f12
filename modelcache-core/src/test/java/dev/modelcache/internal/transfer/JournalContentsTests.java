/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.modelcache.internal.store.CacheLayout;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link JournalContents}: a journal is input from outside, in which any number
 * may stand.
 */
class JournalContentsTests {

	private static final Mirror MIRROR = new Mirror(URI.create("https://example.com/m.gguf"), Map.of());

	private static final String KEY = CacheLayout.sourceKey(MIRROR.uri());

	private final DownloadPlan plan = new DownloadPlan("m", new RemoteFile("m.gguf", List.of(MIRROR), null, null), 3,
			0);

	private static JournalContents read(String... lines) {
		List<String> all = new ArrayList<>(List.of(JournalContents.FIRST_LINE));
		all.addAll(List.of(lines));
		return JournalContents.read(all);
	}

	@Test
	void linesOfOurOwnAreRead() {
		JournalContents contents = read("file 3000000 -", "origin 0 " + KEY + " \"v1\"", "block 0 0 0000000a",
				"block 2 0 ffffffff");
		assertThat(contents.size()).isEqualTo(3_000_000);
		assertThat(contents.blocks()).containsOnlyKeys(0L, 2L);
		assertThat(contents.validatorOf(MIRROR)).isEqualTo("\"v1\"");
		assertThat(contents.worthFor(this.plan)).isPositive();
	}

	@ParameterizedTest
	@ValueSource(strings = { "block -1 0 00000000", "block 9223372036854775807 0 00000000",
			"block 0 2147483647 00000000", "block 0 -2 00000000", "block 0 0 0000000000000000", "block 3 0 00000000",
			"file -1 -", "file 9223372036854775807 -", "origin -1 key -", "origin 2147483647 key -" })
	void numbersThatCannotBeAreNotBelieved(String line) {
		JournalContents contents = read("file 3000000 -", "origin 0 " + KEY + " \"v1\"", line);
		assertThat(contents.blocks().keySet()).allMatch((index) -> index >= 0 && index < 3);
		assertThat(contents.blocks().values()).allMatch((block) -> block.origin() == 0);
		assertThat(contents.origins()).containsOnlyKeys(0);
		assertThat(contents.size()).isEqualTo(3_000_000);
	}

	@Test
	void validatorThatNoHeaderTakesIsNone() {
		JournalContents contents = read("file 3000000 -", "origin 0 " + KEY + " \"v\u0001\"", "block 0 0 0000000a");
		assertThat(contents.validatorOf(MIRROR)).isNull();
		assertThat(contents.worthFor(this.plan)).isZero();
	}

}
