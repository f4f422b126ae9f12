/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Path;
import java.util.List;

import dev.modelcache.internal.store.Mounts.Access;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Mount tables of containers and machines.
 */
class MountsTests {

	private static final List<String> TABLE = List.of(
			"26 1 0:24 / / ro,relatime shared:1 - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w",
			"27 26 0:25 / /proc rw,nosuid - proc proc rw", "28 26 0:26 / /tmp rw,nosuid - tmpfs tmpfs rw",
			"29 26 259:1 /pvc /models ro,relatime - ext4 /dev/nvme1n1 rw,discard",
			"30 26 259:2 / /image ro,relatime - squashfs /dev/loop0 ro",
			"31 26 259:3 / /disk\\040with\\040blanks ro - ext4 /dev/sdb ro",
			"32 26 0:40 / /nfs ro,relatime - nfs4 server:/export ro,vers=4.2",
			"33 29 0:41 / /models/scratch rw - tmpfs tmpfs rw", "34 26 259:4 / /hidden ro - ext4 /dev/sdc ro",
			"35 34 0:42 / /hidden rw - tmpfs tmpfs rw", "36 26 0:43 / /layer rw - overlay overlay rw,lowerdir=/l",
			"not a line of the table", "");

	@ParameterizedTest
	@CsvSource({ "/, IMMUTABLE", "/app/models, IMMUTABLE", "/tmp/x, WRITABLE", "/tmpfs, IMMUTABLE",
			"/models, READ_ONLY", "/models/a/b, READ_ONLY", "/models/scratch, WRITABLE", "/models/scratchy, READ_ONLY",
			"/image/m, IMMUTABLE", "/disk with blanks/m, IMMUTABLE", "/nfs/models, READ_ONLY", "/hidden/m, WRITABLE",
			"/layer/m, WRITABLE" })
	void innermostMountDecides(String directory, Access access) {
		assertThat(Mounts.of(Path.of(directory), TABLE)).isEqualTo(access);
	}

	@Test
	void tableThatSaysNothingIsNoProof() {
		assertThat(Mounts.of(Path.of("/models"), List.of())).isEqualTo(Access.WRITABLE);
	}

	@Test
	void directoryInWhichAFileCanBeCreatedIsWritable(@TempDir Path directory) throws Exception {
		assertThat(Mounts.of(directory.toRealPath())).isEqualTo(Access.WRITABLE);
		assertThat(directory).isEmptyDirectory();
	}

}
