/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Versions in the cache of the Hub's own tools, where links cannot be made.
 */
class HubSnapshotWithoutLinksTests extends HubSnapshotTests {

	@Override
	boolean links() {
		return false;
	}

	/** A blob without a receipt is another tool's, and so it is copied. */
	@Test
	void whatAKilledCopyLeftIsDeletedByTheNextOne() throws IOException {
		ModelDirectory arrived = version(ONE);
		for (ModelFileName name : NAMES) {
			Path blob = arrived.arriving(name).target();
			HubCache.createRepository(blob.resolveSibling(""));
			Files.write(blob, content(ONE, name).bytes());
		}
		Path blob = arrived.arriving(NAMES.get(0)).target();
		Path left = blob
			.resolveSibling("." + blob.getFileName() + "." + StagedFileTests.endedProcess() + "-0a1b2c3d.part");
		Files.writeString(left, "half");
		Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("rw-------"));
		arrived.publish(manifest(ONE), Set.copyOf(NAMES), DiskStep::take);
		assertThat(arrived.seen(NAMES.get(0)).target()).isRegularFile()
			.satisfies(Content.exactly(content(ONE, NAMES.get(0)).bytes()));
		assertThat(left).doesNotExist();
	}

}
