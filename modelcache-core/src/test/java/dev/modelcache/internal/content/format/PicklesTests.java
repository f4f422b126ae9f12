/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import dev.modelcache.FormatVerification;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests what is recognized as a pickle, and what only looks similar. Python 3.11's
 * {@code pickle.loads} runs {@code os.system} for each of the forms with {@code CALL}.
 */
class PicklesTests {

	private static final String CALL = "cos\nsystem\n(S'id'\ntR.";

	@TempDir
	private Path directory;

	private FormatException refusal(byte[] bytes) throws IOException {
		Path file = Files.write(this.directory.resolve("staged"), bytes);
		return assertThatExceptionOfType(FormatException.class)
			.isThrownBy(() -> FormatInspection.inspect(file, "pytorch_model.bin",
					new FormatSettings(FormatVerification.WARN, false)))
			.matches(FormatException::isPickle)
			.actual();
	}

	private void assertAccepted(String name, byte[] bytes) throws IOException {
		Path file = Files.write(this.directory.resolve("staged"), bytes);
		FormatInspection.inspect(file, name, FormatSettings.defaults());
	}

	private static byte[] latin1(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "(" + CALL, "(()1]0}0" + CALL, "N0" + CALL, "I1\n0" + CALL, "I 0x1f \n0" + CALL,
			"I1\r\n0" + CALL, "I\u0000\n0" + CALL, "I\u0000x\n0" + CALL, "L5L\n0" + CALL, "F1.5\n0" + CALL,
			"Fnan\n0" + CALL, "S'x'\n0" + CALL, "S\"x\"\n0" + CALL, "Vx\n0" + CALL, "K\u00010" + CALL,
			"M\u0001\u00020" + CALL, "GGUF\u0003\u0000\u0000\u0000\u00010" + CALL, "U\u0001x0" + CALL,
			"X\u0002\u0000\u0000\u0000xx0" + CALL, "B\u0002\u0000\u0000\u0000xx0" + CALL, "\u008a\u0001\u00050" + CALL,
			"N\u00850" + CALL, "\u00880" + CALL, "\u008f0" + CALL, "]q\u00000" + CALL, "]\u00940" + CALL,
			"Np0\n0" + CALL, "N200" + CALL, "(NNN1" + CALL, "](I1\nI2\ne0" + CALL, "}(I1\nI2\nu0" + CALL,
			"(dS'a'\nI1\ns0" + CALL, "N0\u0080\u0004" + CALL, "\u0080\u0000" + CALL,
			"\u0095\u0020\u0000\u0000\u0000\u0000\u0000\u0000\u0000" + CALL })
	void callBehindHarmlessOpcodesIsFound(String form) throws Exception {
		assertThat(refusal(latin1(form))).hasMessageContaining("is a pickle");
	}

	@ParameterizedTest
	@ValueSource(strings = { "I", "L", "F", "Np", "N0Np" })
	void callBehindANumberWithManyBlanksIsFound(String opcodes) throws Exception {
		String number = " ".repeat(300) + "5" + (opcodes.equals("L") ? "L" : "") + " \n0";
		assertThat(refusal(latin1(opcodes + number + CALL))).hasMessageContaining("is a pickle");
	}

	/** {@code pickle.load} reads on behind the frame, from which it drops the rest. */
	@ParameterizedTest
	@ValueSource(strings = { "\u0002|Ix1\n0" + CALL, "\u0004|N0Ix1\n0" + CALL, "\u0002|M\u0001\u0001\u00020" + CALL,
			"\u0003|X\u0001x\u0001\u0000\u0000\u0000x0" + CALL, "\u0006|K\u0001.\u00ff\u00ff\u00ff" + CALL,
			"\u0002|\u0095\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0000" + CALL,
			"\u0002|\u0095\u0000" + "\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000" + CALL,
			"\u000b|\u0095\u0023\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u00ff\u00ffN0" + CALL + "NNNNNNNNNNNN" })
	void callBehindAFrameThatEndsEarlyIsFound(String form) throws Exception {
		byte[] pickle = latin1("\u0095" + form.replace("|", "\u0000".repeat(7)));
		assertThat(refusal(pickle)).hasMessageContaining("is a pickle");
	}

	@Test
	void numbersThatLookLikeAFrameAreNoPickle() throws Exception {
		assertAccepted("m.bin", new byte[] { (byte) 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
		assertAccepted("m.bin", new byte[] { (byte) 0x95, 2, 0, 0, 0, 0, 0, 0, 0, 0, 'I', 0 });
		assertAccepted("m.bin", new byte[] { (byte) 0x95, 2, 0, 0, 0, 0, 0, 0, 0x7f, 'I', 'x', '1' });
	}

	@ParameterizedTest
	@ValueSource(strings = { "(S'id'\nios\nsystem\n.", "(S'id'\nios\nsystem", "(cos\nsystem\nS'id'\no.",
			"\u008c\u0002os\u008c\u0006system\u0093\u008c\u0002id\u0085R.", "csubprocess\nPopen\n(S'id'\nl\u0085\u0081",
			"csubprocess\nPopen\n(S'id'\nl\u0085}\u0092", "cos\nenviron\n}S'a'\nS'b'\nsb", "\u0082\u0001)R.",
			"cos\nsystem\np1\n0g1\n(S'id'\ntR.", "cos\nsystem\n." })
	void everyWayToCallIsFound(String form) throws Exception {
		assertThat(refusal(latin1(form))).hasMessageContaining("is a pickle");
	}

	@ParameterizedTest
	@ValueSource(strings = { "cos\nsystem\n(S'id'\ntR", "cos\nsystem\n(S'id'\ntR\u00ff\u00ff", "N." + CALL,
			"I1\n.N.K\u0001." + CALL })
	void whatFollowsTheCallOrPrecedesThePickleDoesNotMatter(String form) throws Exception {
		assertThat(refusal(latin1(form))).hasMessageContaining("is a pickle");
	}

	@ParameterizedTest
	@ValueSource(strings = { "N.", "I1\n.", "(lp0\nI1\na.", "]." })
	void pickleOfPlainDataIsFound(String form) throws Exception {
		assertThat(refusal(latin1(form))).hasMessageContaining("is a pickle");
	}

	@Test
	void callBehindMoreThanIsReadIsNotPassed() throws Exception {
		assertThat(refusal(latin1("N0".repeat(1 << 20) + CALL))).hasMessageContaining("is a pickle");
		assertThat(refusal(latin1("V" + "x".repeat(1 << 25) + "\n0" + CALL))).hasMessageContaining("is a pickle");
		byte[] large = new byte[10_005];
		large[0] = 'B';
		large[1] = 0x10;
		large[2] = 0x27;
		large[10_004] = 0;
		ByteArrayOutputStream skipped = new ByteArrayOutputStream();
		for (int i = 0; i < 1000; i++) {
			skipped.writeBytes(large);
		}
		skipped.writeBytes(latin1(CALL));
		assertThat(refusal(skipped.toByteArray())).hasMessageContaining("is a pickle");
	}

	@ParameterizedTest
	@ValueSource(strings = { "(c) 2024 The Authors\nAll rights reserved.\n", "(i) First\n(ii) Second\n", "N.Y. Times\n",
			"New York\n", "I. Introduction\n", "In the beginning\n", "K. is a model\n", "Large language model\n",
			"S. Authors\n", "'quoted'\n", "V1.0 of a model\n", "]\n", ").\n", "}\n", ".\n", "{\"a\": 1}", "[1, 2]",
			"---\nname: x\n", "# Model\n", "cat\ndog\nqueen\n", "class\nobject\nReduce\n", "c++\nstd\nReduce\n",
			"Falcon\n", "GPT-2 is a model\n", "g\nh\ni\n", "P\nQ\nR\n.\n", "U.S. English", "" })
	void textIsNoPickle(String text) throws Exception {
		for (String name : new String[] { "README.md", "vocab.txt", "tokenizer.model", "m.bin" }) {
			assertAccepted(name, text.getBytes(StandardCharsets.UTF_8));
		}
	}

	@Test
	void modelsAreNoPickles() throws Exception {
		assertAccepted("m.gguf", GgufFile.tiny().bytes());
		assertAccepted("m.safetensors", ModelFiles.safetensors());
		assertAccepted("m.onnx", ModelFiles.onnx());
		assertAccepted("m.pt", GgufFile.tiny().bytes());
	}

	static Stream<Arguments> archives() throws IOException {
		byte[] archive = ModelFiles.zip("a", "archive/data.pkl");
		int end = archive.length - 22;
		ByteBuffer moved = ByteBuffer.wrap(archive.clone()).order(ByteOrder.LITTLE_ENDIAN);
		moved.putInt(end + 16, 7);
		int start = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN).getInt(end + 16);
		return Stream.of(arguments("bytes in front", ModelFiles.joined(latin1("MODEL"), archive)),
				arguments("a model in front", ModelFiles.joined(GgufFile.tiny().bytes(), archive)),
				arguments("a wrong place of the directory", moved.array()),
				arguments("a zip64 record that its locator does not find", zip64(archive, end, start, 3)),
				arguments("a zip64 record behind bytes",
						ModelFiles.joined(latin1("MODEL"), zip64(archive, end, start, end))),
				arguments("a comment", withComment(archive, end, latin1("a comment"))),
				arguments("another end in its comment", withComment(archive, end, ModelFiles.zip("b"))),
				arguments("an empty archive behind it", ModelFiles.joined(archive, emptyArchive())),
				arguments("a zero byte in the name", ModelFiles.zip("a", "archive/data.pkl\u0000.txt")),
				arguments("a Unicode path", unicodePath()));
	}

	@ParameterizedTest
	@MethodSource("archives")
	void pickleInAnArchiveIsFoundWith(String what, byte[] archive) throws Exception {
		assertThat(refusal(archive)).as(what).hasMessageContaining("archive with a pickle inside");
	}

	@Test
	void archiveThatCannotBeReadIsRefused() throws Exception {
		byte[] archive = ModelFiles.zip("a", "b");
		byte[] broken = archive.clone();
		int second = new String(archive, StandardCharsets.ISO_8859_1).lastIndexOf("PK\u0001\u0002");
		broken[second] = 0;
		for (byte[] damaged : new byte[][] { Arrays.copyOf(archive, 60), broken, latin1("PK\u0003\u0004"),
				ModelFiles.joined(new byte[9], broken) }) {
			assertThat(refusal(damaged)).hasMessageContaining("a damaged zip archive, which may contain a pickle");
		}
	}

	@Test
	void archivesWithoutPicklesAreAccepted() throws Exception {
		byte[] archive = ModelFiles.zip("a.json", "b.npy");
		assertAccepted("m.npz", archive);
		assertAccepted("m.bin", ModelFiles.joined(new byte[9], archive));
		assertAccepted("m.bin", withComment(archive, archive.length - 22, latin1("a comment")));
		assertAccepted("m.bin", emptyArchive());
		// The mark of an end, by chance, in a file that is no archive.
		assertAccepted("m.bin", ModelFiles.joined(new byte[9], latin1("PK\u0005\u0006"), new byte[40]));
	}

	@Test
	void arrayOfObjectsIsFound() throws Exception {
		byte[] header = latin1("\u0093NUMPY\u0001\u0000\u0010\u0000{'descr': '|O'}\n");
		assertThat(refusal(ModelFiles.joined(header, ModelFiles.PICKLE)))
			.hasMessageContaining("a NumPy array with a pickle inside");
		assertAccepted("m.npy", ModelFiles.joined(header, new byte[64]));
	}

	/**
	 * Python's {@code tarfile} finds {@code pickle} in each of them, as in their likes.
	 */
	static Stream<Arguments> tars() {
		byte[] pickle = ModelFiles.joined(tar("pickle", '0', 3, "ustar", "%06o\u0000 "), new byte[512]);
		byte[] name = Arrays.copyOf(latin1("pickle"), 512);
		byte[] record = Arrays.copyOf(latin1("15 path=pickle\n"), 512);
		byte[] file = ModelFiles.joined(tar("a", '0', 3, "ustar", "%06o\u0000 "), new byte[512]);
		return Stream.of(arguments("the first file", pickle),
				arguments("a second file",
						ModelFiles.joined(tar("tensors", '0', 3, "ustar", "%06o\u0000 "), new byte[512], pickle)),
				arguments("headers of Unix 7", tar("pickle", '0', 3, "", "%06o\u0000 ")),
				arguments("a name in an extended header",
						ModelFiles.joined(tar("x", 'x', 15, "ustar", "%06o\u0000 "), record, file)),
				arguments("a name of GNU",
						ModelFiles.joined(tar("././@LongLink", 'L', 7, "ustar", "%06o\u0000 "), name, file)),
				arguments("a directory with a size",
						ModelFiles.joined(tar("d", '5', 0x1ff_fff, "ustar", "%06o\u0000 "), pickle)),
				arguments("a checksum with blanks", tar("pickle", '0', 3, "ustar", " %o  ")),
				arguments("a checksum with separators", tar("pickle", '0', 3, "ustar", "\u001c%o\u001f\u0000")),
				arguments("a checksum with a prefix", tar("pickle", '0', 3, "ustar", "0o%o\u0000")),
				arguments("a checksum with a sign", tar("pickle", '0', 3, "ustar", "+%o\u0000")),
				arguments("a checksum with an underscore", tar("pickle", '0', 3, "ustar", "0_%o\u0000")),
				arguments("a binary checksum", tar("pickle", '0', 3, "ustar", "\u0080")),
				arguments("a sum of signed bytes", tar("pickle\u0000\u0080\u0080", '0', 3, "ustar", "-")),
				arguments("a negative sum", tar("pickle\u0000" + "\u0080".repeat(60), '0', 3, "ustar", "-%o")),
				arguments("a negative binary sum",
						tar("pickle\u0000" + "\u0080".repeat(60), '0', 3, "ustar", "\u00ff")));
	}

	@ParameterizedTest
	@MethodSource("tars")
	void tarIsRefusedWith(String what, byte[] archive) throws Exception {
		assertThat(refusal(archive)).as(what).hasMessageContaining("a tar archive, which may contain a pickle");
	}

	@Test
	void fileWithoutTheChecksumOfATarIsAccepted() throws Exception {
		byte[] header = tar("weights", '0', 3, "ustar", "%06o\u0000 ");
		header[0]++;
		assertAccepted("m.bin", header);
		assertAccepted("m.bin", new byte[1024]);
		assertAccepted("m.bin", Arrays.copyOf(tar("weights", '0', 3, "ustar", "%06o\u0000 "), 511));
	}

	/** The signed sum of dense data is 0 now and then, and no number is not 0. */
	@Test
	void dataWhoseSumIsZeroByChanceIsNoTar() throws Exception {
		byte[] data = new byte[1024];
		Arrays.fill(data, 0, 2, (byte) -128);
		Arrays.fill(data, 148, 156, (byte) 'z');
		assertAccepted("m.bin", data);
	}

	private static byte[] zip64(byte[] archive, int end, long start, long stated) {
		ByteBuffer record = ByteBuffer.allocate(76).order(ByteOrder.LITTLE_ENDIAN);
		record.putInt(0x06064b50).putLong(44).putInt(0).putInt(0).putInt(0).putLong(2).putLong(2);
		record.putLong(end - start).putLong(start);
		record.putInt(0x07064b50).putInt(0).putLong(stated).putInt(1);
		ByteBuffer last = ByteBuffer.wrap(Arrays.copyOfRange(archive, end, archive.length))
			.order(ByteOrder.LITTLE_ENDIAN)
			.putInt(12, 0)
			.putInt(16, 5);
		return ModelFiles.joined(Arrays.copyOf(archive, end), record.array(), last.array());
	}

	private static byte[] withComment(byte[] archive, int end, byte[] comment) {
		byte[] all = ModelFiles.joined(archive, comment);
		ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putShort(end + 20, (short) comment.length);
		return all;
	}

	private static byte[] emptyArchive() {
		return ModelFiles.joined(latin1("PK\u0005\u0006"), new byte[18]);
	}

	/** Python 3.13 takes the name from this field. */
	private static byte[] unicodePath() throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
			zip.putNextEntry(new ZipEntry("a"));
			byte[] path = latin1("archive/data.pkl");
			CRC32 crc = new CRC32();
			crc.update('b');
			ZipEntry entry = new ZipEntry("b");
			entry.setExtra(ByteBuffer.allocate(9 + path.length)
				.order(ByteOrder.LITTLE_ENDIAN)
				.putShort((short) 0x7075)
				.putShort((short) (5 + path.length))
				.put((byte) 1)
				.putInt((int) crc.getValue())
				.put(path)
				.array());
			zip.putNextEntry(entry);
		}
		return bytes.toByteArray();
	}

	/**
	 * Makes a header. Its checksum is written in a form, as a binary number after a mark,
	 * or as a signed sum after a minus.
	 */
	private static byte[] tar(String name, char type, int size, String mark, String checksum) {
		byte[] header = ByteBuffer.allocate(512)
			.put(latin1(name))
			.put(124, latin1("%011o".formatted(size)))
			.put(156, (byte) type)
			.put(257, latin1(mark))
			.put(148, latin1(" ".repeat(8)))
			.array();
		boolean signed = checksum.startsWith("-") || checksum.equals("\u00ff");
		int sum = 0;
		for (byte b : header) {
			sum += signed ? b : (b & 0xff);
		}
		ByteBuffer field = ByteBuffer.allocate(8);
		switch (checksum) {
			case "\u0080" -> field.putLong(sum | Long.MIN_VALUE);
			case "\u00ff" -> field.putLong(sum);
			case "-" -> field.put(latin1("%o".formatted(sum)));
			default -> field.put(latin1(checksum.formatted(Math.abs(sum))));
		}
		return ByteBuffer.wrap(header).put(148, field.array()).array();
	}

}
