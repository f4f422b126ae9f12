/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for URLs that are signed anew from time to time, and for models whose identity is
 * configured.
 */
class PresignedUrlTests {

	private static final String FIRST = "?id=1&X-Amz-Date=20260101T000000Z&X-Amz-Signature=aa&token=t1";

	private static final String SECOND = "?id=1&X-Amz-Date=20260102T000000Z&X-Amz-Signature=bb&token=t2";

	private static final Content CONTENT = Content.random((4 << 20) + 7, 1);

	@TempDir
	private Path directory;

	private final MisbehavingServer server = MisbehavingServer.start()
		.serve("/m.gguf", CONTENT)
		.serve("/b/n.gguf", CONTENT);

	@AfterEach
	void stop() {
		this.server.close();
	}

	private ModelRequest.Builder request(String id, String url) {
		return ModelRequest.builder(id)
			.url(URI.create(this.server.uri("/").toString().replaceAll("/$", "") + url))
			.maxAttempts(1);
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1)) {
			ModelRequest built = request.build();
			fixture.open(built);
			return fixture.get(built.id());
		}
	}

	@Test
	void newSignatureIsTheSameModel() {
		CachedModel first = get(request("m", "/m.gguf" + FIRST));
		int requests = this.server.requests().size();
		CachedModel second = get(request("m", "/m.gguf" + SECOND));
		assertThat(second.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(second.path()).isEqualTo(first.path());
		assertThat(get(request("another", "/m.gguf" + SECOND)).path()).isEqualTo(first.path());
		assertThat(this.server.requests()).hasSize(requests);
	}

	@Test
	void twoSignaturesAtOnceAreOneDownload() {
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1)) {
			fixture.open(request("a", "/m.gguf" + FIRST).build(), request("b", "/m.gguf" + SECOND).build());
			CompletableFuture<CachedModel> one = fixture.cache().get("a").toFuture();
			CompletableFuture<CachedModel> other = fixture.cache().get("b").toFuture();
			Path path = one.orTimeout(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS).join().path();
			assertThat(other.orTimeout(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS).join().path())
				.isEqualTo(path);
		}
		assertThat(this.server.requests().stream().map((request) -> request.query()).distinct()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void interruptedDownloadResumesWithANewSignature(boolean digest) {
		this.server.script("/m.gguf", Reply.ok().etag("\"1\"").closeAfter((1 << 20) + 7), Reply.status(403),
				Reply.status(403));
		ModelRequest.Builder first = request("m", "/m.gguf" + FIRST);
		ModelRequest.Builder second = request("m", "/m.gguf" + SECOND);
		if (digest) {
			first.expectedDigest(CONTENT.sha256());
			second.expectedDigest(CONTENT.sha256());
		}
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(first));
		int before = this.server.requests().size();
		this.server.always("/m.gguf", Reply.ok().etag("\"1\""));
		CachedModel model = get(second);
		assertThat(model.path()).matches(CONTENT::isIn);
		List<RecordedRequest> later = this.server.requests().subList(before, this.server.requests().size());
		assertThat(later).allSatisfy((request) -> assertThat(request.query()).contains("bb"));
		assertThat(later.stream().map(RecordedRequest::range).filter(Objects::nonNull).findFirst())
			.hasValueSatisfying((range) -> assertThat(range).matches("bytes=[1-9].*"));
		assertThat(later).noneMatch((request) -> request.range() == null && "GET".equals(request.method()));
	}

	@Test
	void linksThatDifferInATokenAreTwoModels() {
		this.server.serve("/download", CONTENT);
		Path one = get(request("a", "/download?token=FILE_A")).path();
		CachedModel other = get(request("b", "/download?token=FILE_B"));
		assertThat(other.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(other.path()).isNotEqualTo(one);
	}

	@ParameterizedTest
	@CsvSource({ "/m.gguf?id=1, /m.gguf?id=2", "/m.gguf?id=1&sig=a, /m.gguf?id=2&sig=a",
			"/m.gguf?exp=17, /m.gguf?exp=18", "/m.gguf, /b/n.gguf" })
	void whatElseDiffersIsAnotherModel(String first, String second) {
		Path one = get(request("m", first)).path();
		CachedModel other = get(request("m", second));
		assertThat(other.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(other.path()).isNotEqualTo(one);
	}

	@ParameterizedTest
	@CsvSource({ "/m.gguf?id=1, /m.gguf?id=2", "/m.gguf?token=a, /m.gguf?token=b", "/m.gguf, /x/m.gguf",
			"/m.gguf, /x/n.gguf", "/dl/8f3a, /dl/91bc" })
	void configuredIdentityIsThatOfTheModel(String first, String second) {
		List.of("/x/m.gguf", "/x/n.gguf", "/dl/8f3a", "/dl/91bc").forEach((path) -> this.server.serve(path, CONTENT));
		CachedModel one = get(request("m", first).identity("x"));
		CachedModel other = get(request("m", second).identity("x"));
		assertThat(other.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(other.path()).isEqualTo(one.path());
		CachedModel another = get(request("m", second).identity("y"));
		assertThat(another.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(another.path()).isNotEqualTo(one.path()).exists();
	}

	@ParameterizedTest
	@CsvSource({ "x, /m.gguf, x.gguf", "x, /dl/8f3a, x", "x.gguf, /dl/8f3a, x.gguf", "x.gguf, /m.bin, x.gguf",
			"../a b, /m.gguf, .._a_b.gguf" })
	void fileIsCalledAsTheIdentity(String identity, String url, String name) {
		this.server.serve("/dl/8f3a", CONTENT).serve("/m.bin", CONTENT);
		assertThat(get(request("m", url).identity(identity)).path()).hasFileName(name);
	}

	@Test
	void identityIsThatOfMirrors() {
		ModelRequest.Builder request = request("m", "/m.gguf?id=1").mirrors(List.of(this.server.uri("/b/n.gguf")));
		Path path = get(request.identity("x")).path();
		CachedModel mirror = get(request("m", "/b/n.gguf").identity("x"));
		assertThat(mirror.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(mirror.path()).isEqualTo(path);
	}

}
