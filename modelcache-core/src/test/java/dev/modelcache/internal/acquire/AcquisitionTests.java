/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class AcquisitionTests {

	@TempDir
	Path directory;

	private final Content content = Content.random(3_000_000, 1);

	@Test
	void modelIsDownloadedVerifiedAndPublishedPrivately() throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start(); CacheFixture fixture = fixture()) {
			server.serve("/model.gguf", this.content);
			fixture.open(ModelRequest.builder("m")
				.url(server.uri("/model.gguf"))
				.expectedDigest(this.content.sha256())
				.build());
			CachedModel model = fixture.get("m");
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(model.verified()).isTrue();
			assertThat(model.size()).isEqualTo(3_000_000);
			assertThat(model.digest()).isEqualTo(this.content.sha256());
			assertThat(Files.size(model.path())).isEqualTo(3_000_000);
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(model.path())))
				.isEqualTo("rw-------");
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(server.requests("/model.gguf")).hasSize(1);
		}
	}

	private CacheFixture fixture() {
		return new CacheFixture(this.directory);
	}

}
