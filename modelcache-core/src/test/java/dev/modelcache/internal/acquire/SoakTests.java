/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A short {@link Soak}; a long one with {@code -Dsoak.downloads=500}, another one with
 * {@code -Dsoak.seed=…}.
 */
class SoakTests {

	private static final int SHORT = 15;

	@TempDir
	private Path directory;

	@Test
	@Timeout(value = 3, unit = TimeUnit.HOURS)
	void everyDownloadEndsWell() throws Exception {
		int downloads = Integer.getInteger("soak.downloads", SHORT);
		boolean brief = downloads <= SHORT;
		Soak soak = new Soak(Long.getLong("soak.seed", 4711), DataSize.ofMegabytes(brief ? 2 : 8),
				DataSize.ofMegabytes(brief ? 8 : 64));
		try {
			soak.run(downloads, this.directory);
		}
		finally {
			System.out.println(soak);
		}
		assertThat(soak.downloads()).isEqualTo(downloads);
		assertThat(soak.kills()).isPositive();
		assertThat(soak.faults()).hasSizeGreaterThan(5);
	}

}
