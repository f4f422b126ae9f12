/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A file that the cache has already, as that of another model.
 */
class OwnAdoptionTests {

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start()
		.serve("/a.gguf", this.content)
		.serve("/b.gguf", this.content);

	private CacheFixture fixture;

	private DefaultModelCache cache;

	@BeforeEach
	void open() {
		this.fixture = new CacheFixture(this.directory).store(
				StoreSettings.defaults(this.directory).withAdoption(new AdoptionSettings(true, List.of(), List.of())));
		this.cache = this.fixture.open(request("a").build(), request("b").build(),
				request("c").modelPath(this.directory.resolve("c.gguf")).build());
	}

	@AfterEach
	void close() {
		this.fixture.close();
		this.server.close();
	}

	private ModelRequest.Builder request(String id) {
		return ModelRequest.builder(id).url(this.server.uri("/" + id + ".gguf")).expectedDigest(this.content.sha256());
	}

	@Test
	void itIsCopiedAndEachModelHasItsOwnFile() {
		CachedModel a = this.fixture.get("a");
		CachedModel b = this.fixture.get("b");
		CachedModel c = this.fixture.get("c");
		assertThat(List.of(a.outcome(), b.outcome(), c.outcome())).containsExactly(ModelOutcome.DOWNLOADED,
				ModelOutcome.ADOPTED, ModelOutcome.ADOPTED);
		assertThat(this.server.requests("/b.gguf")).isEmpty();
		assertThat(List.of(a.path(), b.path(), c.path())).doesNotHaveDuplicates();
		this.cache.evict("a").block(CacheFixture.PATIENCE);
		assertThat(a.path()).doesNotExist();
		assertThat(b.path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(c.path()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void oneThatChangedSinceItsReceiptIsNotAsked() throws Exception {
		CachedModel a = this.fixture.get("a");
		Files.write(a.path(), new byte[10]);
		assertThat(this.fixture.get("b").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

}
