/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Allocations;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HubSelection}.
 */
class HubSelectionTests {

	private static final URI URL = URI.create("hf://org/repo");

	private static HubRepository repository(Stream<String> names) {
		return new HubRepository("0123456789abcdef0123456789abcdef01234567", false, false,
				names.map((name) -> new HubFile(new ModelFileName(name), null, null)).toList(), null);
	}

	private static List<HubFile> select(HubRepository repository, List<String> files) {
		return HubSelection.of(ModelRequest.builder("m").url(URL).files(files).build(), HubUrl.parse(URL), repository);
	}

	private static List<String> select(List<String> names, String... files) {
		return select(repository(names.stream()), List.of(files)).stream().map((file) -> file.name().text()).toList();
	}

	private static Stream<String> numbered(int count, String format) {
		return IntStream.rangeClosed(1, count).mapToObj(format::formatted);
	}

	@Test
	void partsAreLeftOutTogether() {
		List<String> names = List.of("a-00001-of-00002.gguf", "a-00002-of-00002.gguf", "b-00001-of-00002.gguf",
				"b-00002-of-00002.gguf", "c-00005-of-00002.gguf");
		assertThat(select(names, "*.gguf", "!a-00002*")).containsExactly("b-00001-of-00002.gguf",
				"b-00002-of-00002.gguf", "c-00005-of-00002.gguf");
		assertThat(select(names, "a-00001-of-00002.gguf")).containsExactly("a-00001-of-00002.gguf",
				"a-00002-of-00002.gguf");
	}

	/** For each part, all thousand names were made. */
	@Test
	void manyPartsAreLookedAtOnce() {
		HubRepository repository = repository(
				Stream.of("a", "b", "c").flatMap((name) -> numbered(1000, name + "-%05d-of-01000.gguf")));
		assertThat(Allocations.of(() -> assertThat(select(repository, List.of("*", "!*.md"))).hasSize(3000)))
			.isLessThan(100_000_000);
		assertThat(Allocations.of(() -> assertThat(select(repository, List.of("*", "!a*"))).hasSize(2000)))
			.isLessThan(100_000_000);
	}

	/** Each path was compared with each name. */
	@Test
	void manyPathsAreLookedUp() {
		List<String> names = numbered(3000, "onnx/weight_%d").toList();
		HubRepository repository = repository(names.stream());
		assertThat(Allocations.of(() -> assertThat(select(repository, names)).hasSize(3000))).isLessThan(100_000_000);
	}

	@Test
	void modelHasAtMostAsManyFilesAsAnArchive() {
		assertThat(select(repository(numbered(10_000, "%d.json")), List.of("*"))).hasSize(10_000);
		HubRepository repository = repository(Stream.concat(Stream.of("m.gguf"), numbered(10_001, "%d.json")));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> select(repository, List.of("*")))
			.withMessageContaining("files: 10002 files of the repository org/repo are selected, and a model has at most"
					+ " 10000. Select fewer with patterns such as *.safetensors");
		assertThat(select(repository, List.of("*.gguf"))).hasSize(1);
		assertThat(select(repository, List.of("*", "!1*.json"))).hasSizeLessThan(10_000);
	}

}
