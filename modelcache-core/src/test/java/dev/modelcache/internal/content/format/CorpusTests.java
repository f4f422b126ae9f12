/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import dev.modelcache.ModelFormat;
import dev.modelcache.testsupport.ModelCorpus;
import dev.modelcache.testsupport.ModelCorpus.Sample;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Judges the files of {@link ModelCorpus}.
 */
class CorpusTests {

	@TempDir
	private Path directory;

	@Test
	void legalFilesAreAcceptedAndOthersAreRefusedWithAReason() throws Exception {
		List<Sample> samples = Stream.of(ModelCorpus.gguf(), ModelCorpus.safetensors(), ModelCorpus.onnx())
			.flatMap(List::stream)
			.toList();
		assertThat(samples).hasSizeGreaterThan(300);
		SoftAssertions all = new SoftAssertions();
		for (Sample sample : samples) {
			String reason = judge(sample);
			if (sample.legal()) {
				all.assertThat(reason).as(sample.toString()).isNull();
			}
			else {
				all.assertThat(reason).as(sample.toString()).isNotBlank();
			}
		}
		all.assertAll();
	}

	/** npm's {@code @huggingface/gguf}, an independent reader of the same headers. */
	@Test
	@Tag("npm")
	void readerOfHuggingFaceFindsTheSameFacts() throws Exception {
		Path files = Files.createDirectory(this.directory.resolve("files"));
		List<String> expected = new ArrayList<>();
		for (Sample sample : ModelCorpus.gguf().stream().filter(Sample::loaded).toList()) {
			Path file = Files.write(files.resolve("%03d.gguf".formatted(expected.size())), sample.bytes());
			ModelFormat facts = FormatInspection.inspect(file, "m.gguf", FormatSettings.defaults());
			expected.add(String.join("|", facts.architecture(), Objects.toString(facts.name(), ""),
					facts.parameters().toString(), facts.contextLength().toString()));
		}
		Path script = Files.writeString(this.directory.resolve("read.mjs"),
				"""
						import { readdirSync } from 'node:fs';
						const { gguf } = await import(process.argv[2]);
						for (const file of readdirSync(process.argv[3]).sort()) {
							const { metadata, tensorInfos } = await gguf(`${process.argv[3]}/${file}`, { allowLocalFile: true });
							const parameters = tensorInfos
								.map((tensor) => tensor.shape.reduce((product, length) => product * length, 1n))
								.reduce((sum, elements) => sum + elements, 0n);
							console.log([metadata['general.architecture'], metadata['general.name'], parameters,
								metadata['llama.context_length']].join('|'));
						}
						""");
		Path output = this.directory.resolve("output");
		Path reader = Path.of(System.getProperty("npm.modules", "/usr/lib/node_modules"),
				"@huggingface/gguf/dist/index.mjs");
		Process node = new ProcessBuilder("node", script.toString(), reader.toString(), files.toString())
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		assertThat(node.waitFor()).as(Files.readString(output)).isZero();
		assertThat(Files.readAllLines(output)).isEqualTo(expected);
	}

	private String judge(Sample sample) throws IOException {
		Path file = Files.write(this.directory.resolve("staged"), sample.bytes());
		try {
			assertThat(FormatInspection.inspect(file, "m." + sample.extension(), FormatSettings.defaults()))
				.isNotNull();
			return null;
		}
		catch (FormatException ex) {
			return ex.getMessage();
		}
	}

}
