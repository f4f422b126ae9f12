/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares {@code docs/errors.md} with the code.
 */
class ErrorsPageTests {

	private static final URI URL = URI.create("https://a.example/m.gguf");

	private static List<String> rows() throws IOException {
		Path here = Path.of("").toAbsolutePath();
		Path root = Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
		try (Stream<String> lines = Files.lines(root.resolve("docs/errors.md"))) {
			return lines.takeWhile((line) -> !line.startsWith("## ")).filter((line) -> line.startsWith("| `")).toList();
		}
	}

	@ParameterizedTest
	@EnumSource
	void everyCauseHasItsRow(Reason reason) throws IOException {
		RequestFailedException failure = new RequestFailedException(reason, URL, "failed", null);
		List<String> row = rows().stream().filter((line) -> line.startsWith("| `" + failure.word() + "` |")).toList();
		assertThat(row).hasSize(1);
		String[] cells = row.get(0).split(" \\| ");
		assertThat(cells[2]).isEqualTo("`" + reason.code() + "`");
		assertThat(cells[3]).isEqualTo(reason.isWorthRetrying() ? "yes" : "no");
		assertThat(cells[4]).isEqualTo(reason.action() + " |");
	}

	@Test
	void noRowIsLeftOver() throws IOException {
		assertThat(rows()).hasSize(Reason.values().length);
	}

	@ParameterizedTest
	@EnumSource
	void acquisitionFailsAsItsOnlyCauseSays(Reason reason) {
		ModelCacheException failure = Failures.summarize("m",
				List.of(new RequestFailedException(reason, URL, "failed", null)));
		assertThat(failure.code()).isEqualTo(reason.code());
		assertThat(failure.action()).isEqualTo(reason.action());
	}

	@ParameterizedTest
	@EnumSource
	void acquisitionWithCausesOfSeveralKindsIsAFailedTransferWithTheLastRemedy(Reason reason) {
		ModelCacheException failure = Failures.summarize("m",
				List.of(new RequestFailedException(Reason.RESET, URL, "broke the connection", null),
						new RequestFailedException(reason, URL, "failed", null)));
		assertThat(failure.code()).isEqualTo(ModelCacheException.ErrorCode.TRANSFER);
		assertThat(failure.action()).isEqualTo(reason.action());
		assertThat(failure).hasMessageContaining("(2 failed requests)");
	}

}
