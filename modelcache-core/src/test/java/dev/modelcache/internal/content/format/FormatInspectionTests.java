/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.Locale;
import java.util.List;
import java.util.HexFormat;

import dev.modelcache.ModelFormat;
import dev.modelcache.FormatVerification;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link FormatInspection}.
 */
class FormatInspectionTests {

	private static final String HTML = "<!DOCTYPE html><html><body>Please log in</body></html>";

	@TempDir
	private Path directory;

	private ModelFormat inspect(String name, byte[] bytes, FormatSettings settings) throws IOException {
		return FormatInspection.inspect(Files.write(this.directory.resolve("staged"), bytes), name, settings);
	}

	private ModelFormat inspect(String name, byte[] bytes) throws IOException {
		return inspect(name, bytes, FormatSettings.defaults());
	}

	private FormatException refusal(String name, byte[] bytes) {
		return assertThatExceptionOfType(FormatException.class).isThrownBy(() -> inspect(name, bytes)).actual();
	}

	private FormatException refusal(String name, String text) {
		return refusal(name, text.getBytes(StandardCharsets.ISO_8859_1));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			m.gguf        | {"error":"not found"}          | a JSON document, not a GGUF file
			M.GGUF        | <?xml version="1.0"?><Error/>  | an XML document, not a GGUF file
			m.safetensors | [1, 2, 3, 4, 5]                | a JSON document, not a safetensors file
			m.onnx        | {"error":"not found"}          | a JSON document, not an ONNX file
			m.onnx        | Not Found                      | a text, not an ONNX file
			m.gguf        | ''                             | empty, not a GGUF file
			m.safetensors | GGUF                           | a GGUF file, not a safetensors file
			m.gguf        | \u007f\u0001                   | a file of another format, not a GGUF file
			""")
	void knownNamesPromiseAFormat(String name, String content, String message) {
		assertThat(refusal(name, content)).hasMessage("is " + message)
			.extracting(FormatException::action)
			.asString()
			.contains("URL");
	}

	@ParameterizedTest
	@ValueSource(strings = { "m.gguf", "m.safetensors", "m.onnx", "m.bin", "config.json", "m" })
	void htmlAndPointersAreRefusedUnderAnyName(String name) {
		assertThat(refusal(name, HTML)).hasMessage("is an HTML page, not a model");
		assertThat(refusal(name, ModelFiles.LFS_POINTER))
			.hasMessage("is a Git LFS pointer, not the model that it points to")
			.extracting(FormatException::action)
			.asString()
			.contains("/resolve/");
		assertThat(refusal(name, "# xet version 0\nfilesize = 5\n")).hasMessageContaining("a Xet pointer");
	}

	@ParameterizedTest
	@ValueSource(strings = { "m.bin", "config.json", "tokenizer.json", "m.onnx_data", "tokenizer.model", "m" })
	void filesOfOtherNamesAreNotRefused(String name) throws Exception {
		assertThat(inspect(name, new byte[] { 8, 1, 2, 3 })).isNull();
		assertThat(inspect(name, "{\"model_type\":\"llama\"}".getBytes(StandardCharsets.UTF_8))).isNull();
		assertThat(inspect(name, new byte[0])).isNull();
	}

	static Stream<Arguments> filesOfAFormat() {
		byte[] version = { 0x08, 8 };
		byte[] graph = ModelFiles.field(7, ModelFiles.field(2, "tiny".getBytes(StandardCharsets.UTF_8)));
		byte[] producer = ModelFiles.field(2, "pytorch".getBytes(StandardCharsets.UTF_8));
		byte[] opset = ModelFiles.field(8, new byte[] { 0x10, 17 });
		return Stream.of(Arguments.of("GGUF", GgufFile.tiny().bytes()),
				Arguments.of("safetensors", ModelFiles.safetensors()),
				Arguments.of("safetensors", ModelFiles.safetensors("{}", 0)), Arguments.of("ONNX", ModelFiles.onnx()),
				Arguments.of("ONNX", ModelFiles.joined(version, graph)),
				Arguments.of("ONNX", ModelFiles.joined(version, opset, graph)),
				Arguments.of("ONNX", ModelFiles.joined(opset, producer, version, graph)));
	}

	@ParameterizedTest
	@MethodSource("filesOfAFormat")
	void bytesTellTheFormatUnderAnyName(String format, byte[] file) throws Exception {
		for (String name : List.of("current", "12345", "m.bin", "model-v1", "m." + format.toLowerCase(Locale.ROOT))) {
			assertThat(inspect(name, file).type()).isEqualTo(format);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "080112050a03616263", "08041206100a0a0a0a0a", "0a0574657374730801", "0808", "08ff3a05",
			"0808120570797400", "7b2261223a7b7d7d", "ffffffffffffffff7b7d" })
	void otherMessagesAndObjectsAreNoModels(String bytes) throws Exception {
		assertThat(inspect("m", HexFormat.of().parseHex(bytes))).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			m.gguf, current            |                                        |
			m.gguf, m.safetensors      |                                        | its name 'm.safetensors' promises
			m.onnx, current            |                                        | its name 'm.onnx' promises
			current                    | application/vnd.docker.ai.safetensors  | its media type promises
			current                    | application/x-gguf                     |
			current                    | application/vnd.x.onnx+json            |
			current                    | application/vnd.x.onnx.v1.tar          |
			m.bin, current             | application/octet-stream               |
			""")
	void everyHintMustAgreeWithTheBytes(String names, String mediaType, String message) throws Exception {
		Path file = Files.write(this.directory.resolve("staged"), GgufFile.tiny().bytes());
		FormatHints hints = new FormatHints(List.of(names.split(", ")), mediaType);
		if (message == null) {
			assertThat(FormatInspection.inspect(file, hints, FormatSettings.defaults()).type()).isEqualTo("GGUF");
			return;
		}
		assertThatExceptionOfType(FormatException.class)
			.isThrownBy(() -> FormatInspection.inspect(file, hints, FormatSettings.defaults()))
			.withMessageContaining("is a GGUF file, not a")
			.withMessageContaining(message);
	}

	@Test
	void vocabularyOfWordsIsNoPickle() throws Exception {
		for (String text : new String[] { "cat\ndog\nqueen\n", "cat\ndog\npig\n", "cat\ndog\nNull\n", "(dog\n",
				"]\n" }) {
			assertThat(inspect("vocab.txt", text.getBytes(StandardCharsets.UTF_8))).isNull();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "m", "m.bin", "mmproj-m.gguf", "sha256-0123" })
	void ggufIsKnownByItsMark(String name) throws Exception {
		byte[] file = GgufFile.tiny().bytes();
		assertThat(inspect(name, file).architecture()).isEqualTo("llama");
		assertThat(refusal(name, Arrays.copyOf(file, 100))).hasMessageContaining("truncated GGUF");
	}

	@ParameterizedTest
	@ValueSource(strings = { "pytorch_model.bin", "m.pt", "m.pth", "m.ckpt", "m.pkl", "m", "m.gguf" })
	void picklesAreRefusedUnderAnyName(String name) {
		byte[] oldTorch = { (byte) 0x80, 2, (byte) 0x8a, 10, 'l', (byte) 0xfc, (byte) 0x9c };
		assertThat(refusal(name, ModelFiles.PICKLE))
			.hasMessage("is a pickle, which can execute arbitrary code when it is loaded");
		assertThat(refusal(name, oldTorch)).hasMessageContaining("is a pickle");
		assertThat(refusal(name, "cos\nsystem\n(S'ls'\ntR.")).hasMessageContaining("is a pickle");
		assertThat(refusal(name, "(dp0\nS'a'\np1\nI1\ns.")).hasMessageContaining("is a pickle");
		assertThat(refusal(name, ModelFiles.zip("archive/data.pkl", "archive/data/0")))
			.hasMessageContaining("an archive with a pickle inside")
			.matches(FormatException::isPickle)
			.extracting(FormatException::action)
			.asString()
			.contains("hooks.llm.allow-pickle=true");
	}

	@Test
	void pickleAnywhereInAnArchiveIsFound() {
		assertThat(refusal("m.bin", ModelFiles.zip("a", "b", "x".repeat(1000) + "/DATA.PKL", "c")))
			.hasMessageContaining("pickle inside");
		byte[] archive = ModelFiles.zip("archive/data.pkl");
		assertThat(refusal("m.bin", Arrays.copyOf(archive, 60))).hasMessageContaining("pickle inside");
	}

	@Test
	void archiveWithoutPicklesIsFine() throws Exception {
		assertThat(inspect("m.zip", ModelFiles.zip("a.json", "b.bin"))).isNull();
		assertThat(inspect("m.pt", ModelFiles.zip("a.json", "b.bin"))).isNull();
		assertThat(inspect("m.npz", ModelFiles.joined(ModelFiles.zip("a.npy"), new byte[0]))).isNull();
	}

	@Test
	void nameOfAPickleIsEnoughWhereNothingTellsOtherwise() {
		assertThat(refusal("m.pkl", "weights")).hasMessageContaining("named .pkl like a pickle");
		assertThat(refusal("m.pt", "weights")).hasMessageContaining("named .pt");
	}

	@ParameterizedTest
	@ValueSource(strings = { "m.bin", "m.pt", "m" })
	void picklesThatAreAllowedAreNamed(String name) throws Exception {
		FormatSettings allowing = new FormatSettings(FormatVerification.STRICT, true);
		assertThat(inspect(name, ModelFiles.PICKLE, allowing).type()).isEqualTo("pickle");
		assertThat(inspect(name, ModelFiles.zip("a/data.pkl"), allowing).type()).isEqualTo("pickle");
	}

	@Test
	void allowedPickleIsStillNoGguf() {
		assertThatExceptionOfType(FormatException.class)
			.isThrownBy(() -> inspect("m.gguf", ModelFiles.PICKLE, new FormatSettings(FormatVerification.STRICT, true)))
			.withMessageContaining("not a GGUF file");
	}

	@Test
	void withoutVerificationOnlyPicklesAreRefused() throws Exception {
		FormatSettings off = new FormatSettings(FormatVerification.OFF, false);
		assertThat(inspect("m.gguf", HTML.getBytes(StandardCharsets.UTF_8), off)).isNull();
		assertThat(inspect("m.gguf", GgufFile.tiny().bytes(), off)).isNull();
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> inspect("m.bin", ModelFiles.PICKLE, off));
		assertThat(inspect("m.bin", ModelFiles.PICKLE, FormatSettings.none())).isNull();
	}

	@Test
	void headerThatNeverEndsIsGivenUp() throws Exception {
		Path file = Files.write(this.directory.resolve("m.gguf"),
				new GgufFile().array("a", 8, 1L << 30, new byte[0]).bytes());
		try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
			sparse.setLength(1L << 34);
		}
		assertThatExceptionOfType(FormatException.class)
			.isThrownBy(() -> FormatInspection.inspect(file, "m.gguf", FormatSettings.defaults()))
			.withMessageContaining("larger than 256 MiB");
	}

}
