/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

import dev.modelcache.Digest;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelPathConflict;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Occupant}.
 */
class OccupantTests {

	@TempDir
	private Path directory;

	/** A remount gives a file another device. */
	@ParameterizedTest
	@CsvSource({ "'', true, OURS", "x, true, OURS", "'', false, CHANGED", "x, false, OTHERS" })
	void fileThatOnlyHasAnotherInodeIsStillOurs(String inode, boolean sameTime, Occupant occupant) throws Exception {
		Path target = Files.writeString(this.directory.resolve("m.bin"), "model");
		ModelPlace place = new ModelPlace(target, this.directory.resolve("lock"),
				this.directory.resolve("m.properties"))
			.chosenByUser(ModelPathConflict.FAIL);
		Fingerprint now = Fingerprint.of(target);
		assertThat(now).isNotNull();
		Digest digest = Digest.parse("sha256:" + "00".repeat(32));
		Receipts receipts = new Receipts();
		receipts.write(place,
				new Receipt(
						new Fingerprint(now.size(), now.modified(), now.fileKey() + inode,
								sameTime ? now.changed() : "1970-01-01T00:00:00.1Z"),
						digest, digest, digest, "https://host/m", "key", null, false, Instant.EPOCH,
						ModelFormat.of("GGUF")));
		assertThat(Occupant.of(place, receipts)).isEqualTo(occupant);
	}

}
