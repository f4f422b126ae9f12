/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.OddFileSystem;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link TarArchive}. What is well-formed is written by another implementation
 * of the format, what is not, by hand.
 */
class TarArchiveTests {

	@TempDir
	private Path directory;

	private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

	private Path target() throws IOException {
		return Files.createDirectories(this.directory.resolve("target"));
	}

	private List<UnpackedFile> unpack(byte[] archive) throws IOException {
		return unpack(archive, new ArchiveLimits(100, 1 << 20, (size) -> {
		}));
	}

	private List<UnpackedFile> unpack(byte[] archive, ArchiveLimits limits) throws IOException {
		return TarArchive.unpack(new ByteArrayInputStream(archive), target(), limits);
	}

	private void assertRefused(byte[] archive, String problem) {
		assertThatExceptionOfType(ArchiveException.class).isThrownBy(() -> unpack(archive))
			.withMessageContaining(problem);
		assertNothingEscaped();
	}

	private void assertNothingEscaped() {
		try (Stream<Path> files = Files.list(this.directory)) {
			assertThat(files).containsOnly(this.directory.resolve("target"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static byte[] tar(int longNames, int bigNumbers, TarArchiveEntry... entries) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, "UTF-8")) {
			out.setLongFileMode(longNames);
			out.setBigNumberMode(bigNumbers);
			out.setAddPaxHeadersForNonAsciiNames(true);
			for (TarArchiveEntry entry : entries) {
				out.putArchiveEntry(entry);
				out.write(content(entry));
				out.closeArchiveEntry();
			}
		}
		return bytes.toByteArray();
	}

	private static byte[] content(TarArchiveEntry entry) {
		return Content.random(entry.getSize(), entry.getName().length()).bytes();
	}

	private static TarArchiveEntry file(String name, int size) {
		TarArchiveEntry entry = new TarArchiveEntry(name);
		entry.setSize(size);
		return entry;
	}

	private static byte[] posix(TarArchiveEntry... entries) throws IOException {
		return tar(TarArchiveOutputStream.LONGFILE_POSIX, TarArchiveOutputStream.BIGNUMBER_POSIX, entries);
	}

	private static byte[] gnu(TarArchiveEntry... entries) throws IOException {
		return tar(TarArchiveOutputStream.LONGFILE_GNU, TarArchiveOutputStream.BIGNUMBER_STAR, entries);
	}

	/** Appends an entry that no honest tool writes. */
	private TarArchiveTests entry(String name, char type, String content) {
		return entry(name, type, content, content.length());
	}

	private TarArchiveTests entry(String name, char type, String content, long size) {
		byte[] header = new byte[TarHeader.BLOCK];
		put(header, 0, name);
		put(header, 124, "%011o".formatted(size));
		header[156] = (byte) type;
		put(header, 157, "/etc/passwd");
		put(header, 257, "ustar\0" + "00");
		return append(header, content);
	}

	private TarArchiveTests append(byte[] header, String content) {
		Arrays.fill(header, 148, 156, (byte) ' ');
		int sum = 0;
		for (byte b : header) {
			sum += b & 0xff;
		}
		put(header, 148, "%06o\0 ".formatted(sum));
		this.bytes.writeBytes(header);
		byte[] body = content.getBytes(StandardCharsets.UTF_8);
		this.bytes.writeBytes(Arrays.copyOf(body, (body.length + 511) / 512 * 512));
		return this;
	}

	private static void put(byte[] header, int offset, String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		System.arraycopy(bytes, 0, header, offset, bytes.length);
	}

	private byte[] end() {
		this.bytes.writeBytes(new byte[2 * TarHeader.BLOCK]);
		return this.bytes.toByteArray();
	}

	@Test
	void filesComeOutWithTheirSizesAndDigests() throws IOException {
		TarArchiveEntry one = file("model.gguf", 5000);
		TarArchiveEntry two = file("onnx/deep/model.onnx", 512);
		TarArchiveEntry empty = file("empty", 0);
		List<UnpackedFile> files = unpack(posix(new TarArchiveEntry("onnx/"), one, two, empty));
		assertThat(files).extracting((file) -> file.name().text())
			.containsExactly("model.gguf", "onnx/deep/model.onnx", "empty");
		assertThat(files).extracting(UnpackedFile::size).containsExactly(5000L, 512L, 0L);
		assertThat(files.get(0).sha256()).isEqualTo(Content.of(content(one)).sha256());
		assertThat(target().resolve("model.gguf")).satisfies(Content.exactly(content(one)));
		assertThat(target().resolve("onnx/deep/model.onnx")).satisfies(Content.exactly(content(two)));
		assertThat(target().resolve("empty")).isEmptyFile();
	}

	@Test
	void leadingDotIsNoName() throws IOException {
		assertThat(unpack(posix(new TarArchiveEntry("./"), file("./model.gguf", 1))).get(0).name().text())
			.isEqualTo("model.gguf");
	}

	@Test
	void longNamesOfPosixAndOfGnuAreRead() throws IOException {
		String name = "d".repeat(90) + "/" + "e".repeat(90) + "/ü" + "f".repeat(90);
		assertThat(unpack(posix(file(name, 3))).get(0).name().text()).isEqualTo(name);
		Files.delete(target().resolve(name));
		assertThat(unpack(gnu(file(name, 3))).get(0).name().text()).isEqualTo(name);
	}

	@Test
	void prefixOfUstarIsPartOfTheName() throws IOException {
		byte[] header = new byte[TarHeader.BLOCK];
		put(header, 0, "model.gguf");
		put(header, 124, "00000000003\0");
		header[156] = '0';
		put(header, 257, "ustar\0" + "00");
		put(header, 345, "some/prefix");
		assertThat(unpack(append(header, "abc").end()).get(0).name().text()).isEqualTo("some/prefix/model.gguf");
	}

	@Test
	void archivesBeforePosixAreRead() throws IOException {
		byte[] header = new byte[TarHeader.BLOCK];
		put(header, 0, "model.gguf");
		put(header, 124, "          3 ");
		assertThat(unpack(append(header, "abc").end()).get(0).size()).isEqualTo(3);
	}

	/** What a file of zeros follows is the end of the archive. */
	@Test
	void largeFileIsForcedWhileItIsWritten() throws IOException {
		int size = 130 << 20;
		byte[] header = entry("a", '0', "", size).bytes.toByteArray();
		OddFileSystem disk = new OddFileSystem(FileSystems.getDefault());
		List<Path> forced = new ArrayList<>();
		disk.whenForced(forced::add);
		assertThat(TarArchive.unpack(new SequenceInputStream(new ByteArrayInputStream(header), zeros(size + 4096L)),
				disk.path(target()), new ArchiveLimits(1, size, (bytes) -> {
				}))
			.get(0)
			.size()).isEqualTo(size);
		assertThat(forced).containsExactly(target().resolve("a"), target().resolve("a"));
	}

	private static InputStream zeros(long count) {
		return new InputStream() {

			private long left = count;

			@Override
			public int read() {
				return (this.left-- > 0) ? 0 : -1;
			}

			@Override
			public int read(byte[] target, int offset, int length) {
				int bytes = (int) Math.min(length, this.left);
				Arrays.fill(target, offset, offset + bytes, (byte) 0);
				this.left -= bytes;
				return (bytes > 0 || length == 0) ? bytes : -1;
			}

		};
	}

	@Test
	void compressedArchiveIsReadThroughItsDecompressor() throws IOException {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
			gzip.write(posix(file("model.gguf", 100_000)));
		}
		InputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed.toByteArray()));
		assertThat(TarArchive.unpack(in, target(), new ArchiveLimits(1, 100_000, (size) -> {
		}))).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "../evil", "/evil", "a/../../evil", "a/../evil", "..", ".", "a//b", "C:/evil", "c:evil",
			"a\\..\\..\\evil", "\\\\host\\share", "a/./b", "evil\u0001", "a/.. /b", " " })
	void namesThatLeadAwayAreRefused(String name) {
		assertRefused(entry(name, '0', "x").end(), "leads out of the directory");
		this.bytes.reset();
		assertRefused(entry("pax", 'x', record("path=" + name)).entry("fine", '0', "x").end(),
				"leads out of the directory");
		this.bytes.reset();
		assertRefused(entry("././@LongLink", 'L', name + "\0").entry("fine", '0', "x").end(),
				"leads out of the directory");
	}

	private static String record(String text) {
		int length = text.getBytes(StandardCharsets.UTF_8).length + 2;
		int digits = (length + 1 < 10) ? 1 : 2;
		return (length + digits) + " " + text + "\n";
	}

	@ParameterizedTest
	@ValueSource(chars = { '1', '2', '3', '4', '6' })
	void linksAndDevicesAreRefused(char type) {
		assertRefused(entry("fine", '0', "x").entry("evil", type, "").end(), (type <= '2') ? "a link" : "a device");
	}

	@Test
	void symbolicLinkThenFileThroughItIsRefused() {
		assertRefused(entry("d", '2', "").entry("d/evil", '0', "x").end(), "a link");
	}

	@ParameterizedTest
	@ValueSource(chars = { 'S', 'M', 'D', 'V', 'Z', '9', 'A' })
	void otherEntriesAreRefused(char type) {
		assertRefused(entry("evil", type, "").end(), "");
	}

	@Test
	void sparseFilesOfPaxAreRefused() {
		assertRefused(entry("pax", 'x', record("GNU.sparse.major=1")).entry("f", '0', "x").end(), "sparse");
	}

	@Test
	void twoFilesOfOneNameAreRefused() throws IOException {
		assertRefused(entry("a", '0', "1").entry("a", '0', "2").end(), "same name");
		assertThat(target().resolve("a")).hasContent("1");
	}

	@Test
	void fileInPlaceOfADirectoryIsRefused() {
		assertRefused(entry("a", '0', "1").entry("a/b", '0', "2").end(), "same name");
	}

	@Test
	void directoryWithContentIsRefused() {
		assertRefused(entry("a/", '5', "hidden").entry("b", '0', "x").end(), "directory entry with content");
		this.bytes.reset();
		assertRefused(entry("a/", '0', "hidden").entry("b", '0', "x").end(), "directory entry with content");
	}

	@Test
	void limitsHold() throws IOException {
		byte[] archive = posix(file("a", 600), file("b", 600));
		ArchiveLimits fewFiles = new ArchiveLimits(1, 10_000, (size) -> {
		});
		assertThatExceptionOfType(ArchiveException.class).isThrownBy(() -> unpack(archive, fewFiles))
			.withMessageContaining("more than 1 files and directories");
		Files.delete(target().resolve("a"));
		ArchiveLimits fewBytes = new ArchiveLimits(2, 1199, (size) -> {
		});
		assertThatExceptionOfType(ArchiveException.class).isThrownBy(() -> unpack(archive, fewBytes))
			.withMessageContaining("more than 1199 bytes");
		assertThat(target().resolve("b")).doesNotExist();
	}

	@Test
	void directoriesCountAsFiles() throws IOException {
		byte[] archive = posix(file("a/b/c/one", 1), file("a/b/c/two", 1), file("a/b/d/e/three", 1));
		assertThat(unpack(archive, new ArchiveLimits(8, 10_000, (size) -> {
		}))).hasSize(3);
		FileSystemUtils.deleteRecursively(target());
		assertThatExceptionOfType(ArchiveException.class)
			.isThrownBy(() -> unpack(archive, new ArchiveLimits(7, 10_000, (size) -> {
			})))
			.withMessageContaining("more than 7 files and directories");
	}

	@Test
	void announcedSizeIsRefusedBeforeAByteIsWritten() throws IOException {
		assertRefused(entry("a", '0', "x", 0_777_7777_7777L).end(), "unpacks to more");
		assertThat(target().resolve("a")).doesNotExist();
		List<Long> admitted = new ArrayList<>();
		unpack(posix(file("a", 5), file("b", 7)), new ArchiveLimits(2, 100, admitted::add));
		assertThat(admitted).as("in blocks of the disk").containsExactly(4096L, 4096L);
	}

	@Test
	void diskThatRefusesIsHeard() throws IOException {
		byte[] archive = posix(file("a", 5));
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> unpack(archive, new ArchiveLimits(2, 100, (size) -> {
				throw new IllegalStateException("full");
			})));
		assertThat(target().resolve("a")).doesNotExist();
	}

	@Test
	void extensionsAreBounded() {
		assertRefused(entry("pax", 'x', "", 0_7777_7777L).end(), "extended header of more");
		this.bytes.reset();
		for (int i = 0; i < 20; i++) {
			entry("pax", 'x', "10 a=bcde\n");
		}
		assertRefused(entry("f", '0', "x").end(), "more than 16");
	}

	@ParameterizedTest
	@ValueSource(strings = { "x", "5", "5 ", "99 a=b\n", "6 a=b\nrest", "0 a=b\n", "6 ab\n\n", "6 =b\n\n", "-6 a=b\n",
			"99999999999 a=b\n" })
	void damagedExtensionsAreRefused(String content) {
		assertRefused(entry("pax", 'x', content).entry("f", '0', "x").end(), "damaged extended header");
	}

	@Test
	void oneNameForAllEntriesIsRefused() {
		assertRefused(entry("pax", 'g', record("path=abc")).entry("f", '0', "x").end(),
				"the name or size of all entries");
	}

	@Test
	void sizesThatAreNoneAreRefused() {
		assertRefused(entry("pax", 'x', record("size=-1")).entry("f", '0', "x").end(), "invalid size");
		byte[] header = new byte[TarHeader.BLOCK];
		put(header, 0, "a");
		Arrays.fill(header, 124, 136, (byte) 0xff);
		this.bytes.reset();
		assertRefused(append(header, "").end(), "negative or too large");
	}

	@Test
	void cutArchiveIsRefused() throws IOException {
		byte[] archive = posix(file("a", 5000), file("b", 10));
		for (int length : new int[] { 0, 100, 512, 600, 5000, 5632, 6000, 7168 }) {
			assertThatExceptionOfType(ArchiveException.class).as("%d bytes", length)
				.isThrownBy(() -> unpack(Arrays.copyOf(archive, length)))
				.withMessageContaining((length == 7168) ? "" : "truncated");
			Files.deleteIfExists(target().resolve("a"));
			Files.deleteIfExists(target().resolve("b"));
		}
	}

	@Test
	void archiveMayEndWithoutTheBlocksOfItsEnd() throws IOException {
		byte[] archive = entry("a", '0', "x".repeat(600)).entry("b", '0', "").bytes.toByteArray();
		for (int padding : new int[] { 0, 512, 1024, 10240 }) {
			assertThat(unpack(Arrays.copyOf(archive, archive.length + padding))).as("%d zeros", padding).hasSize(2);
			FileSystemUtils.deleteRecursively(target());
		}
		for (int cut : new int[] { 1, 511, 513, 1000, 1024 + 511, archive.length - 1 }) {
			assertRefused(Arrays.copyOf(archive, archive.length - cut), "is truncated");
			FileSystemUtils.deleteRecursively(target());
		}
	}

	@Test
	void cutWithinWhatBelongsToAnEntryIsNoEnd() {
		assertRefused(entry("a", '0', "x").entry("pax", 'x', record("path=b")).bytes.toByteArray(), "is truncated");
	}

	@Test
	void attributesOfMacOsAreLeftOut() throws IOException {
		byte[] archive = posix(file("._model.gguf", 163), file("model.gguf", 5), file("onnx/._model.onnx", 163),
				file("./._onnx", 163), file("onnx/model.onnx", 5), file("a._b", 1));
		assertThat(unpack(archive, new ArchiveLimits(4, 11, (size) -> {
		}))).extracting((file) -> file.name().text()).containsExactly("model.gguf", "onnx/model.onnx", "a._b");
		assertThat(target().resolve("._model.gguf")).doesNotExist();
		assertRefused(posix(file("._model.gguf", 163)), "contains no file");
	}

	@Test
	void damagedHeaderIsRefused() throws IOException {
		byte[] archive = posix(file("a", 5));
		archive[3] ^= 1;
		assertRefused(archive, "checksum of a header is wrong");
		assertRefused("<html>no archive</html>".repeat(100).getBytes(StandardCharsets.UTF_8), "");
	}

	@Test
	void bytesAfterTheEndAreRefused() throws IOException {
		byte[] archive = posix(file("a", 5));
		byte[] longer = Arrays.copyOf(archive, archive.length + 512);
		longer[longer.length - 1] = 1;
		assertRefused(longer, "contains data after its end");
	}

	@Test
	void archiveWithoutFilesIsRefused() throws IOException {
		assertRefused(posix(new TarArchiveEntry("dir/")), "contains no file");
		assertRefused(end(), "contains no file");
	}

	@Test
	void nameThatIsNotUtf8IsRefused() {
		byte[] header = new byte[TarHeader.BLOCK];
		header[0] = (byte) 0xff;
		put(header, 124, "00000000000\0");
		header[156] = '0';
		assertRefused(append(header, "").end(), "not UTF-8");
	}

	@Test
	void linkOfAnotherImplementationIsRefusedToo() throws IOException {
		TarArchiveEntry link = new TarArchiveEntry("link", TarConstants.LF_SYMLINK);
		link.setLinkName("../../etc/passwd");
		assertRefused(posix(file("a", 1), link), "a link");
	}

}
