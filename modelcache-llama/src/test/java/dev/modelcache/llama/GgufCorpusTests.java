/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import dev.modelcache.internal.content.format.FormatException;
import dev.modelcache.internal.content.format.FormatInspection;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.ModelCorpus;
import dev.modelcache.testsupport.ModelCorpus.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Loads what the inspection of GGUF files accepts with the real library, in one process,
 * which must not crash. {@code -Dmutants=10000} tries more than usual.
 */
class GgufCorpusTests {

	private static final Duration PATIENCE = Duration.ofMinutes(30);

	@TempDir
	private Path directory;

	@Test
	void legalFilesAreLoadedOrRefused() throws Exception {
		List<String> expected = new ArrayList<>();
		for (Sample sample : ModelCorpus.gguf()) {
			if (sample.legal()) {
				String name = "%03d %s".formatted(expected.size(), sample.name());
				assertThat(accept(name, sample.bytes())).as(sample.toString()).isTrue();
				expected.add((sample.loaded() ? "loaded " : "refused ") + name);
			}
		}
		assertThat(load()).filteredOn((line) -> line.startsWith("loaded ") || line.startsWith("refused "))
			.isEqualTo(expected);
	}

	@Test
	void noFileThatIsAcceptedEndsTheProcess() throws Exception {
		int accepted = 0;
		List<byte[]> mutants = ModelCorpus.mutants(7, Integer.getInteger("mutants", 150));
		for (int i = 0; i < mutants.size(); i++) {
			accepted += accept(Integer.toString(i), mutants.get(i)) ? 1 : 0;
		}
		assertThat(accepted).isGreaterThan(mutants.size() / 10);
		assertThat(load()).filteredOn((line) -> line.startsWith("loaded ") || line.startsWith("refused "))
			.hasSize(accepted);
	}

	private boolean accept(String name, byte[] bytes) throws IOException {
		Path file = Files.write(Files.createDirectories(this.directory.resolve("models")).resolve(name), bytes);
		try {
			FormatInspection.inspect(file, "m.gguf", FormatSettings.defaults());
			return true;
		}
		catch (FormatException ex) {
			Files.delete(file);
			return false;
		}
	}

	/** Returns a line for each file, unless the process crashes. */
	private List<String> load() {
		try (ForkedJvm process = ForkedJvm.start(Loader.class, List
			.of("-XX:ErrorFile=" + this.directory.resolve("crash.log"), "-Dde.kherud.llama.tmpdir=" + this.directory),
				this.directory.resolve("models"))) {
			assertThat(process.awaitExit(PATIENCE)).as(process.output()).isZero();
			return process.output().lines().toList();
		}
	}

	/**
	 * Loads the files of a directory, one after the other.
	 */
	static final class Loader {

		public static void main(String[] arguments) throws IOException {
			try (var files = Files.list(Path.of(arguments[0]))) {
				files.sorted().forEach(Loader::load);
			}
			// Threads of the library may still run.
			Runtime.getRuntime().halt(0);
		}

		private static void load(Path file) {
			System.out.println("loading " + file.getFileName());
			try {
				ModelParameters parameters = new ModelParameters().setModel(file.toString())
					.setCtxSize(64)
					.setThreads(1)
					.skipWarmup()
					.disableLog();
				if (file.toString().endsWith(ModelCorpus.UNMAPPED)) {
					parameters.disableMmap();
				}
				new LlamaModel(parameters).close();
				System.out.println("loaded " + file.getFileName());
			}
			catch (RuntimeException ex) {
				System.out.println("refused " + file.getFileName());
			}
		}

	}

}
