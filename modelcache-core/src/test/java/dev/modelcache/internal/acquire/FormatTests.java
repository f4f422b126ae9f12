/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import dev.modelcache.CachedModel;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.testsupport.Compressing;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.ModelFiles;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Headers that are read before a file is published, and remembered.
 */
@ExtendWith(OutputCaptureExtension.class)
class FormatTests {

	private static final ModelFormat TINY = ModelFormat.of("GGUF")
		.withArchitecture("llama")
		.withName("Tiny")
		.withQuantization("Q4_K_M")
		.withParameters(40L)
		.withContextLength(2048L)
		.withVocabularySize(3L)
		.withLicense("apache-2.0");

	@TempDir
	private Path directory;

	private final byte[] model = GgufFile.tiny().bytes();

	private final Content truncated = Content.of(Arrays.copyOf(this.model, this.model.length / 2));

	private final MisbehavingServer server = MisbehavingServer.start()
		.serve("/m.gguf", this.model)
		.serve("/truncated.gguf", this.truncated);

	private FormatSettings settings = FormatSettings.defaults();

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path target() {
		return this.directory.resolve("models/m.gguf");
	}

	private ModelRequest.Builder request(String path) {
		return ModelRequest.builder("m").url(this.server.uri(path)).modelPath(target());
	}

	private CachedModel get(CacheFixture fixture, ModelRequest.Builder request) {
		try (fixture) {
			fixture.formats(this.settings).open(request.build());
			return fixture.get("m");
		}
	}

	private CachedModel get(ModelRequest.Builder request) {
		return get(new CacheFixture(this.directory), request);
	}

	private void put(byte[] bytes) throws IOException {
		Files.createDirectories(target().getParent());
		Files.write(target(), bytes);
	}

	private void assertNothingRemains() throws IOException {
		try (var files = Files.walk(this.directory)) {
			assertThat(files.filter(Files::isRegularFile))
				.allSatisfy((file) -> assertThat(file).asString().matches(".*\\.(lock|use)"));
		}
	}

	@Test
	void factsComeWithTheModelAndFromItsReceipt() {
		assertThat(get(request("/m.gguf")).format()).isEqualTo(TINY);
		CachedModel cached = get(request("/m.gguf"));
		assertThat(cached.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(cached.format()).isEqualTo(TINY);
	}

	@Test
	void contentOfACompressedFileIsWhatCounts() {
		this.server.serve("/m.gguf.gz", Compressing.compress(Compression.GZIP, this.model));
		assertThat(get(request("/m.gguf.gz")).format()).isEqualTo(TINY);
	}

	@Test
	void truncatedModelIsRefusedThoughItHasTheExpectedDigest() throws Exception {
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(request("/truncated.gguf").expectedDigest(this.truncated.sha256())))
			.withMessageContaining("the file from " + this.server.uri("/truncated.gguf") + " is a truncated GGUF file");
		assertNothingRemains();
		assertThat(this.server.requests("/truncated.gguf")).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/api/download/12345", "/models/current", "/releases/v1.2", "/.model" })
	void fileThatNothingTellsToBeAModelIsRefused(String path) throws Exception {
		Content other = Content.random(100_000, 5);
		this.server.serve(path, other);
		ModelRequest.Builder request = request(path).modelPath(this.directory.resolve("models/m"));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> get(request))
			.withMessageContaining(
					"is a file of another format, and neither its name nor a digest tells that it is a model")
			.withMessageContaining("expected-checksum");
		assertNothingRemains();
		assertThat(
				get(request("/m.gguf").url(this.server.uri("/m.gguf")).modelPath(this.directory.resolve("m"))).format())
			.isEqualTo(TINY);
		assertThat(get(request(path).modelPath(this.directory.resolve("m.tflite"))).format()).isNull();
		assertThat(get(request.expectedDigest(other.sha256())).verified()).isTrue();
	}

	/** {@code null} if the file is used. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			attachment; filename="m.bin"                      |
			attachment; filename=m.tflite                     |
			attachment; filename*=UTF-8''m%C3%A9.bin          |
			attachment; filename="../../etc/m.bin"            |
			attachment; filename="m.gguf"                     | not a GGUF file, which its name '….gguf' promises
			attachment; filename="C:\\x\\m.safetensors"       | which its name '….safetensors' promises
			attachment; filename="m.pt"                       | is named .pt like a pickle
			attachment; filename=".m.part"                    |
			attachment; filename="m.gguf.gz"                  | neither its name nor a digest
			attachment; filename="m.fp16-v2"                  |
			attachment; filename="m.001"                      | neither its name nor a digest
			attachment; filename="m"                          | neither its name nor a digest
			attachment; filename=""                           | neither its name nor a digest
			inline                                            | neither its name nor a digest
			filename                                          | neither its name nor a digest
			attachment; filename="                            | neither its name nor a digest
			attachment; x="                                   | neither its name nor a digest
			""")
	void nameThatTheServerStatesIsAHint(String header, String problem) throws Exception {
		this.server.serve("/download", Content.random(100_000, 5))
			.always("/download", Reply.ok().header("Content-Disposition", header));
		ModelRequest.Builder request = request("/download?id=7").modelPath(null);
		if (problem == null) {
			assertThat(get(request).path()).hasFileName("download");
		}
		else {
			assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> get(request))
				.withMessageContaining(problem);
			assertNothingRemains();
		}
		// The path of a URL says more.
		this.server.serve("/m.gguf", this.model).always("/m.gguf", Reply.ok().header("Content-Disposition", header));
		assertThat(get(request("/m.gguf?id=7").modelPath(null)).format()).isEqualTo(TINY);
	}

	@Test
	void nameThatTheServerStatesIsAHintForAnEncodedBody() {
		this.server.serve("/download", Content.random(100_000, 5))
			.always("/download", Reply.ok().gzipped().header("Content-Disposition", "attachment; filename=m.tflite"));
		assertThat(get(request("/download?id=7").modelPath(null)).path()).hasFileName("download");
	}

	@Test
	void fileThatNothingTellsToBeAModelIsUsedWhereFormatsDoNotMatter(CapturedOutput output) {
		this.settings = new FormatSettings(FormatVerification.WARN, false);
		this.server.serve("/12345", Content.random(100_000, 5)).serve("/model.7z", Content.random(100_000, 5));
		assertThat(get(request("/12345").modelPath(null)).format()).isNull();
		assertThat(output).contains("neither its name nor a digest");
		this.settings = FormatSettings.defaults();
		assertThat(get(request("/model.7z").modelPath(null)).format()).isNull();
	}

	@Test
	void compressedPickleIsRefusedAndNothingRemains() throws Exception {
		this.server.serve("/m.bin.gz", Compressing.compress(Compression.GZIP, ModelFiles.PICKLE));
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(request("/m.bin.gz").modelPath(this.directory.resolve("models/m.bin"))))
			.withMessageContaining("is a pickle");
		assertNothingRemains();
	}

	@Test
	void anotherSourceIsAskedWhenTheFirstHasNoModel() {
		ModelRequest.Builder request = request("/truncated.gguf").fallbackUrl(this.server.uri("/m.gguf"));
		CachedModel model = get(request);
		assertThat(model.fallback()).isTrue();
		assertThat(model.format()).isEqualTo(TINY);
	}

	@Test
	void fallbackUrlMayNameAnotherFormat() {
		ModelRequest.Builder request = request("/absent.safetensors").modelPath(null)
			.maxAttempts(1)
			.fallbackUrl(this.server.uri("/m.gguf"));
		CachedModel model = get(request);
		assertThat(model.path()).hasFileName("m.gguf");
		assertThat(model.format()).isEqualTo(TINY);
		CachedModel again = get(request);
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again.path()).isEqualTo(model.path());
	}

	/** The file is read again, and its format with it. */
	@Test
	void fileOfTheFallbackUrlIsProvedByItsOwnName() throws Exception {
		ModelRequest.Builder request = request("/absent.safetensors").modelPath(this.directory.resolve("models/m.bin"))
			.maxAttempts(1)
			.expectedDigest(Content.of(this.model).sha256())
			.fallbackUrl(this.server.uri("/m.gguf"));
		Files.createDirectories(target().getParent());
		Files.write(this.directory.resolve("models/m.bin"), this.model);
		assertThat(get(request).format()).isEqualTo(TINY);
	}

	@Test
	void goodModelThatWasThereBeforeStays() throws Exception {
		get(request("/m.gguf"));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> get(request("/truncated.gguf")));
		assertThat(target()).satisfies(Content.exactly(this.model));
	}

	@Test
	void warningPublishesAllTheSame(CapturedOutput output) {
		this.settings = new FormatSettings(FormatVerification.WARN, false);
		assertThat(get(request("/truncated.gguf")).format()).isNull();
		assertThat(target()).satisfies(Content.exactly(this.truncated.bytes()));
		assertThat(output.getOut().lines())
			.anyMatch((line) -> line.contains("WARN") && line.contains("is a truncated GGUF file"));
	}

	@Test
	void warningDoesNotLetPicklesPass() {
		this.settings = new FormatSettings(FormatVerification.WARN, false);
		this.server.serve("/pickle", ModelFiles.PICKLE);
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> get(request("/pickle")))
			.withMessageContaining("hooks.llm.allow-pickle=true");
	}

	@Test
	void fileThatTheUserPutThereIsInspected() throws Exception {
		put(this.model);
		assertThat(get(ModelRequest.builder("m").modelPath(target())).format()).isEqualTo(TINY);
		Files.delete(target());
		put(this.truncated.bytes());
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(new CacheFixture(this.directory.resolve("other")),
					ModelRequest.builder("m").modelPath(target())))
			.withMessageContaining("the file " + target().toRealPath() + " is a truncated GGUF file");
		assertThat(target()).exists();
	}

	@Test
	void fileOfTheSourcesSizeThatIsNoModelStaysAndIsAConflict() throws Exception {
		put(new byte[this.model.length]);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> get(request("/m.gguf")));
		assertThat(target()).satisfies(Content.exactly(new byte[this.model.length]));
	}

}
