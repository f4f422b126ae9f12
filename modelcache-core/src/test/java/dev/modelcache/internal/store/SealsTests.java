/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;

import dev.modelcache.Digest;
import dev.modelcache.internal.store.Mounts.Access;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a sealed record is worth, and where.
 */
@ExtendWith(OutputCaptureExtension.class)
class SealsTests {

	private static final Digest DIGEST = Digest.parse("sha256:" + "ab".repeat(32));

	@TempDir
	private Path directory;

	private Path image;

	private Path file;

	private Path record;

	private Access access = Access.WRITABLE;

	@BeforeEach
	void seal() throws Exception {
		Path built = Files.createDirectory(this.directory.resolve("built"));
		Path model = Files.writeString(built.resolve("m.gguf"), "model");
		Files.setPosixFilePermissions(model, PosixFilePermissions.fromString("rw-r-----"));
		seals(true).write(model, receipt(fingerprint(model)));
		this.image = Files.createDirectory(this.directory.resolve("image"));
		this.file = Files.copy(model, this.image.resolve("m.gguf"), StandardCopyOption.COPY_ATTRIBUTES);
		this.record = Files.copy(built.resolve(".m.gguf.sealed"), this.image.resolve(".m.gguf.sealed"),
				StandardCopyOption.COPY_ATTRIBUTES);
		Files.setLastModifiedTime(this.file, FileTime.from(Instant.ofEpochSecond(1_700_000_000)));
		Files.setPosixFilePermissions(this.image, PosixFilePermissions.fromString("rwxr-xr-x"));
	}

	private Seals seals(boolean trusting) {
		return new Seals(true, trusting, List.of(), (path) -> this.access);
	}

	private static Receipt receipt(Fingerprint fingerprint) {
		return new Receipt(fingerprint, DIGEST, null, DIGEST, "https://example.com/m.gguf", "key", "\"v\"", false,
				Instant.ofEpochSecond(1), null);
	}

	private static Fingerprint fingerprint(Path file) throws Exception {
		Fingerprint fingerprint = Fingerprint.of(file);
		assertThat(fingerprint).isNotNull();
		return fingerprint;
	}

	private @Nullable Receipt find() throws Exception {
		return seals(true).find(this.file, fingerprint(this.file));
	}

	private boolean isProof(@Nullable Receipt receipt) throws Exception {
		return receipt != null && receipt.fingerprint().fits(fingerprint(this.file));
	}

	@ParameterizedTest
	@EnumSource(names = { "READ_ONLY", "IMMUTABLE" })
	void copyOnAReadOnlyFileSystemIsProved(Access access) throws Exception {
		this.access = access;
		assertThat(isProof(find())).isTrue();
		assertThat(find()).extracting(Receipt::digest).isEqualTo(DIGEST);
		assertThat(find()).extracting(Receipt::verified).isEqualTo(true);
		assertThat(isProof(seals(false).find(this.file, fingerprint(this.file)))).isFalse();
	}

	@Test
	void copyThatCanBeWrittenMustBeRead() throws Exception {
		assertThat(isProof(find())).isFalse();
		assertThat(find()).extracting(Receipt::digest).isEqualTo(DIGEST);
	}

	@Test
	void recordIsReadableByWhoMayReadTheFile() throws Exception {
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(this.record))).isEqualTo("rw-r-----");
	}

	@Test
	void recordOfAFileThatIsSharedLaterIsSharedToo() throws Exception {
		Path model = this.directory.resolve("built/m.gguf");
		Files.setPosixFilePermissions(model, PosixFilePermissions.fromString("rw-r--r--"));
		seals(true).write(model, receipt(fingerprint(model)));
		Path sealed = model.resolveSibling(".m.gguf.sealed");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sealed))).isEqualTo("rw-r--r--");
	}

	@ParameterizedTest
	@ValueSource(strings = { "file", "record", "directory" })
	void recordInTheHandsOfOthersIsIgnored(String what, CapturedOutput output) throws Exception {
		Path shared = what.equals("file") ? this.file : what.equals("record") ? this.record : this.image;
		Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxr-x"));
		for (Access access : List.of(Access.WRITABLE, Access.READ_ONLY)) {
			this.access = access;
			assertThat(find()).isNull();
		}
		assertThat(output).contains("is ignored, because other users can change " + shared)
			.contains("the whole model is read")
			.contains("hooks.llm.cache.directory");
		this.access = Access.IMMUTABLE;
		assertThat(isProof(find())).isTrue();
	}

	@Test
	void recordOfAFileOfAnotherNameOrSizeIsNone() throws Exception {
		this.access = Access.IMMUTABLE;
		Path renamed = Files.copy(this.file, this.image.resolve("n.gguf"));
		Files.copy(this.record, this.image.resolve(".n.gguf.sealed"));
		assertThat(seals(true).find(renamed, fingerprint(renamed))).isNull();
		Files.writeString(this.file, "longer model");
		assertThat(find()).isNull();
	}

	@Test
	void whatIsNoFileIsNoRecord() throws Exception {
		this.access = Access.IMMUTABLE;
		Files.move(this.record, this.image.resolve("elsewhere"));
		Files.createSymbolicLink(this.record, Path.of("elsewhere"));
		assertThat(find()).isNull();
		Files.delete(this.record);
		Files.createDirectory(this.record);
		assertThat(find()).isNull();
	}

	@Test
	void fileBehindALinkHasItsRecordBesideItself() throws Exception {
		this.access = Access.IMMUTABLE;
		Path link = Files.createSymbolicLink(this.directory.resolve("link.gguf"), this.file);
		assertThat(seals(true).find(link, fingerprint(link))).isNotNull();
	}

	@Test
	void longNameHasARecord() throws Exception {
		this.access = Access.WRITABLE;
		Path longest = Files.writeString(this.image.resolve("m".repeat(255)), "model");
		seals(true).write(longest, receipt(fingerprint(longest)));
		assertThat(seals(true).find(longest, fingerprint(longest))).isNotNull();
		seals(true).delete(longest);
		assertThat(seals(true).find(longest, fingerprint(longest))).isNull();
	}

	@Test
	void directoryOfOthersIsNeverWritten() throws Exception {
		Seals seals = new Seals(true, true, List.of(new CacheLayout(this.image)), (path) -> Access.WRITABLE);
		FileTime before = Files.getLastModifiedTime(this.record);
		seals.delete(this.file);
		seals.write(this.file, receipt(fingerprint(this.file)).ofUser());
		assertThat(this.record).exists();
		assertThat(Files.getLastModifiedTime(this.record)).isEqualTo(before);
	}

}
