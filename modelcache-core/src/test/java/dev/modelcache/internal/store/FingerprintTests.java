/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When a file is still the one that it was.
 */
class FingerprintTests {

	private static final String TIME = "2026-01-01T00:00:00";

	private static final Fingerprint BEFORE = new Fingerprint(5, TIME + ".123456789Z", "(dev=1,ino=2)",
			TIME + ".223456789Z");

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

	@ParameterizedTest
	@CsvSource({ "Z, .5Z", ".5Z, Z", "Z, Z" })
	void inodeCountsWhereTimesAreThoseOfFullSeconds(String modified, String changed) {
		Fingerprint before = new Fingerprint(5, TIME + modified, "(dev=1,ino=2)", TIME + changed);
		assertThat(before.fits(new Fingerprint(5, TIME + modified, "(dev=1,ino=3)", TIME + changed))).isFalse();
		assertThat(before.fits(before)).isTrue();
	}

}
