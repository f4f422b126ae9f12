/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelFileName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Quantizations} and {@link Shards}.
 */
class QuantizationsTests {

	private static final List<HubFile> FILES = files(".gitattributes", "README.md", "imatrix-Q4_K_M.gguf",
			"mmproj-Model-Q8_0.gguf", "mtp-Model-Q8_0.gguf", "eagle3-model-Q8_0.gguf", "Model-IQ4_NL.gguf",
			"Model-Q4_K_S.gguf", "Model-Q4_K_M.gguf", "Model.q5_k_m.gguf", "Model-Q6_K/Model-Q6_K-00001-of-00003.gguf",
			"Model-Q6_K/Model-Q6_K-00002-of-00003.gguf", "Model-Q6_K/Model-Q6_K-00003-of-00003.gguf", "Model-Q8_0.gguf",
			"Model-Q8_0.safetensors");

	@ParameterizedTest
	@CsvSource({ "Q4_K_M, Model-Q4_K_M.gguf", "q4_k_m, Model-Q4_K_M.gguf", "Q5_K_M, Model.q5_k_m.gguf",
			"Q6_K, Model-Q6_K/Model-Q6_K-00001-of-00003.gguf", "Q8_0, Model-Q8_0.gguf", "IQ4_NL, Model-IQ4_NL.gguf" })
	void tagFindsTheModelThatHasIt(String tag, String file) {
		assertThat(Quantizations.find(FILES, tag)).extracting(HubFile::name).containsExactly(new ModelFileName(file));
	}

	@ParameterizedTest
	@ValueSource(strings = { "Q4", "Q4_K", "Q3_K_M", "5_0", ".*" })
	void tagThatNoModelHasFindsNothing(String tag) {
		assertThat(Quantizations.find(FILES, tag)).isEmpty();
	}

	@Test
	void withoutTagTheUsualOnesComeFirst() {
		assertThat(found(FILES)).containsExactly("Model-Q4_K_M.gguf");
		assertThat(found(files("m-Q2_K.gguf", "m-Q8_0.gguf"))).containsExactly("m-Q8_0.gguf");
		assertThat(found(files("a.txt", "m-Q2_K.gguf", "m-Q3_K.gguf"))).containsExactly("m-Q2_K.gguf");
		assertThat(found(files("a.txt", "mmproj-Q4_K_M.gguf"))).isEmpty();
	}

	@Test
	void filesWithTheSameBytesAreOneModel() {
		Digest digest = new Digest(Algorithm.SHA256, "7".repeat(64));
		List<HubFile> files = Stream.of("a-Q8_0.gguf", "b-Q8_0.gguf")
			.map((name) -> new HubFile(new ModelFileName(name), 1L, digest))
			.toList();
		assertThat(found(files)).containsExactly("a-Q8_0.gguf");
	}

	@Test
	void quantizationsThatExistAreListed() {
		assertThat(Quantizations.of(FILES)).containsExactly("IQ4_NL", "Q4_K_M", "Q4_K_S", "Q5_K_M", "Q6_K", "Q8_0");
		assertThat(Quantizations.of(files("model.gguf", "a.txt"))).containsExactly("model.gguf");
		assertThat(Quantizations.of(files("m-NVFP4.gguf", "ggml-model-i2_s.gguf", "m-MXFP4_MOE.gguf")))
			.containsExactly("I2_S", "MXFP4_MOE", "NVFP4");
	}

	@ParameterizedTest(name = "{0}: {1}")
	@MethodSource
	void fileOfARealListingIsTheOneThatTheQuantizationMeans(String repository, String tag, String expected,
			List<HubFile> files) {
		List<String> found = Quantizations.find(files, tag.equals("-") ? null : tag)
			.stream()
			.map((file) -> file.name().text())
			.toList();
		switch (expected) {
			case "none" -> assertThat(found).isEmpty();
			case "several" -> assertThat(found).hasSizeGreaterThan(1);
			default -> assertThat(found).containsExactly(expected);
		}
	}

	static Stream<Arguments> fileOfARealListingIsTheOneThatTheQuantizationMeans() throws IOException {
		List<Listing> listings = Listing.read();
		assertThat(listings).hasSizeGreaterThan(40);
		return listings.stream()
			.flatMap((listing) -> listing.expected()
				.stream()
				.map((line) -> Arguments.of(listing.repository(), line.split(" -> ")[0], line.split(" -> ")[1],
						listing.files())));
	}

	private static List<String> found(List<HubFile> files) {
		return Quantizations.find(files, null).stream().map((file) -> file.name().text()).toList();
	}

	private static List<HubFile> files(String... names) {
		return Stream.of(names).map((name) -> new HubFile(new ModelFileName(name), null, null)).toList();
	}

	/**
	 * A repository of {@code listings.txt}, whose files are in the order of the Hub.
	 *
	 * @param repository its name
	 * @param files its files
	 * @param expected lines with the quantization and the file that it means
	 */
	record Listing(String repository, List<HubFile> files, List<String> expected) {

		private static final Pattern PARTS = Pattern.compile("(.*-)00001-of-\\*(\\d+)(.*)");

		private static final Pattern CHOICE = Pattern.compile("(.*)\\{(.+)}(.*)");

		private static final Pattern SIZE = Pattern.compile("(.*)=(\\d+)(.*)");

		static List<Listing> read() throws IOException {
			try (InputStream in = QuantizationsTests.class.getResourceAsStream("listings.txt")) {
				String[] texts = new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n# ");
				return Stream.of(texts).skip(1).map(Listing::of).toList();
			}
		}

		private static Listing of(String text) {
			List<String> lines = text.lines().skip(1).filter((line) -> !line.isBlank()).toList();
			List<HubFile> files = lines.stream()
				.filter((line) -> !line.contains(" -> "))
				.flatMap(Listing::expanded)
				.map(Listing::file)
				.sorted(Comparator.comparing((file) -> file.name().text()))
				.toList();
			return new Listing(text.lines().findFirst().orElseThrow(), files,
					lines.stream().filter((line) -> line.contains(" -> ")).toList());
		}

		private static Stream<String> expanded(String line) {
			Matcher choice = CHOICE.matcher(line);
			if (choice.matches()) {
				return Stream.of(choice.group(2).split(" "))
					.flatMap((one) -> expanded(choice.group(1) + one + choice.group(3)));
			}
			Matcher parts = PARTS.matcher(line);
			if (parts.matches()) {
				int count = Integer.parseInt(parts.group(2));
				return IntStream.rangeClosed(1, count)
					.mapToObj((number) -> parts.group(1) + "%05d-of-%05d".formatted(number, count) + parts.group(3));
			}
			return Stream.of(line);
		}

		private static HubFile file(String text) {
			Matcher size = SIZE.matcher(text);
			return size.matches()
					? new HubFile(new ModelFileName(size.group(1) + size.group(3)),
							Long.parseLong(size.group(2)) * 1_000_000, null)
					: new HubFile(new ModelFileName(text), null, null);
		}

	}

	@Test
	void allPartsOfASplitFileAreNamedInOrder() {
		assertThat(Shards.all(new ModelFileName("d/m-00002-of-00003.gguf")))
			.isEqualTo(names("d/m-00001-of-00003.gguf", "d/m-00002-of-00003.gguf", "d/m-00003-of-00003.gguf"));
		assertThat(Shards.all(new ModelFileName("m.gguf"))).isEqualTo(names("m.gguf"));
	}

	@Test
	void absurdNumbersOfPartsAreNoSplitFile() {
		assertThat(Shards.all(new ModelFileName("m-00001-of-99999.gguf"))).hasSize(1);
		assertThat(Shards.all(new ModelFileName("m-00001-of-00000.gguf"))).hasSize(1);
		assertThat(Shards.all(new ModelFileName("m-00004-of-00003.gguf"))).isEqualTo(names("m-00004-of-00003.gguf"));
		assertThat(Shards.all(new ModelFileName("m-00000-of-00003.gguf"))).isEqualTo(names("m-00000-of-00003.gguf"));
	}

	private static List<ModelFileName> names(String... names) {
		return Stream.of(names).map(ModelFileName::new).toList();
	}

}
