/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import dev.modelcache.testsupport.OddFileSystem;
import dev.modelcache.testsupport.OddFileSystem.Oddity;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * When a file is still the one that it was.
 */
class FingerprintTests {

	private static final String TIME = "2026-01-01T00:00:00";

	private static final Fingerprint BEFORE = new Fingerprint(5, TIME + ".123456789Z", "(dev=1,ino=2)",
			TIME + ".223456789Z");

	@TempDir
	private Path directory;

	@ParameterizedTest
	@CsvSource({ "5, .123456789Z, 2, .223456789Z, true", "5, .123456789Z, 3, .223456789Z, true",
			"5, .123456789Z, 2, '', true", "5, .123456789Z, 3, '', false", "5, .123456789Z, 2, .223456780Z, false",
			"5, .123456780Z, 2, .223456789Z, false", "6, .123456789Z, 2, .223456789Z, false",
			"5, .123Z, 3, .223456789Z, false" })
	void inodeAloneDoesNotCount(long size, String modified, int inode, String changed, boolean fits) {
		Fingerprint now = new Fingerprint(size, TIME + modified, "(dev=1,ino=" + inode + ")",
				changed.isEmpty() ? "" : TIME + changed);
		assertThat(BEFORE.fits(now)).isEqualTo(fits);
		assertThat(now.fits(BEFORE)).isEqualTo(fits);
	}

	/** Decided by what is there, as the texts of errors may be in any language. */
	@ParameterizedTest
	@CsvSource(textBlock = """
			absent             , true
			absent/file        , true
			file/below         , true
			file/below/further , true
			loop               , true
			loop/below         , true
			to-file-below      , true
			to-absent          , true
			long               , true
			away               , false
			away/below         , false
			to-away            , false
			to-away-below      , false
			""")
	void fileIsMissingWhereNothingOfItsNameCanBe(String name, boolean missing) throws IOException {
		OddFileSystem odd = new OddFileSystem(this.directory.getFileSystem(), Oddity.AWAY);
		odd.mounted(Files.createDirectory(this.directory.resolve("away")));
		Files.createFile(this.directory.resolve("file"));
		Files.createSymbolicLink(this.directory.resolve("loop"), Path.of("loop"));
		Files.createSymbolicLink(this.directory.resolve("to-file-below"), Path.of("file/below"));
		Files.createSymbolicLink(this.directory.resolve("to-absent"), Path.of("absent"));
		Files.createSymbolicLink(this.directory.resolve("to-away"), Path.of("away"));
		Files.createSymbolicLink(this.directory.resolve("to-away-below"), Path.of("away/below"));
		Path file = odd.path(this.directory.resolve(name.equals("long") ? "x".repeat(300) : name));
		if (missing) {
			assertThat(Fingerprint.of(file)).isNull();
		}
		else {
			assertThatExceptionOfType(FileSystemException.class).isThrownBy(() -> Fingerprint.of(file));
		}
		assertThat(Fingerprint.isThere(this.directory.resolve("to-absent"))).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "Z, .5Z", ".5Z, Z", "Z, Z" })
	void inodeCountsWhereTimesAreThoseOfFullSeconds(String modified, String changed) {
		Fingerprint before = new Fingerprint(5, TIME + modified, "(dev=1,ino=2)", TIME + changed);
		assertThat(before.fits(new Fingerprint(5, TIME + modified, "(dev=1,ino=3)", TIME + changed))).isFalse();
		assertThat(before.fits(before)).isTrue();
	}

}
