/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelRequest;
import dev.modelcache.TransferProgress;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A hub that redirects to signed links of another host, which expire.
 */
class SignedLinkTests {

	private static final int MIB = 1 << 20;

	private static final Content CONTENT = Content.random(12 * MIB + 77, 1);

	@TempDir
	private Path directory;

	private final MisbehavingServer hub = MisbehavingServer.start();

	private final MisbehavingServer host = MisbehavingServer.start().serve("/blob", CONTENT);

	private final AtomicInteger links = new AtomicInteger();

	@AfterEach
	void stopServers() {
		this.hub.close();
		this.host.close();
	}

	/** Every link has its number for a signature. */
	private void redirect(Reply redirect) {
		this.hub.answer("/m.gguf", (request) -> redirect.header("Location",
				this.host.uri("/blob?signature=" + this.links.incrementAndGet()).toString()));
	}

	private static int signature(RecordedRequest request) {
		return Integer.parseInt(String.valueOf(request.query()).substring("signature=".length()));
	}

	private CachedModel get(int connections, ModelRequest.Builder request) {
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(connections)) {
			fixture.open(request.url(this.hub.uri("/m.gguf")).expectedDigest(CONTENT.sha256()).build());
			CachedModel model = fixture.get("m");
			assertThat(model.path()).matches(CONTENT::isIn);
			return model;
		}
	}

	@Test
	void linkIsAskedForOnceAndNotForEverySegment() {
		redirect(Reply.status(302));
		get(1, ModelRequest.builder("m"));
		assertThat(this.hub.requests()).hasSize(1);
		assertThat(this.host.requests()).hasSizeGreaterThan(8);
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 401, 403 })
	void expiredLinkIsAskedForAgainForFree(int status) {
		redirect(Reply.status(302));
		AtomicInteger served = new AtomicInteger();
		AtomicInteger valid = new AtomicInteger(1);
		// A link serves three requests.
		this.host.answer("/blob", (request) -> {
			if (signature(request) < valid.get()) {
				return Reply.status(status);
			}
			if (served.incrementAndGet() % 3 == 0) {
				valid.set(signature(request) + 1);
			}
			return Reply.ok();
		});
		get(1, ModelRequest.builder("m").maxAttempts(0));
		assertThat(this.links).hasValueGreaterThan(3);
	}

	@Test
	void linkThatExpiresUnderSeveralConnectionsDoesNotEndTheTransfer() {
		redirect(Reply.status(302));
		AtomicInteger served = new AtomicInteger();
		AtomicInteger valid = new AtomicInteger(1);
		// At the sixth request all links that were handed out expire.
		this.host.answer("/blob", (request) -> {
			if (served.incrementAndGet() == 6) {
				valid.set(this.links.get() + 1);
			}
			return (signature(request) < valid.get()) ? Reply.status(403) : Reply.ok();
		});
		get(4, ModelRequest.builder("m"));
	}

	/**
	 * Three connections have links of their own when bytes come by the first; then their
	 * links are refused.
	 */
	@Test
	void linksOfSeveralConnectionsThatExpireTogetherAreAllAskedForAgain() {
		redirect(Reply.status(302));
		AtomicInteger served = new AtomicInteger();
		CountDownLatch bytesCame = new CountDownLatch(1);
		this.host.answer("/blob", (request) -> switch (served.incrementAndGet()) {
			case 1 -> Reply.ok().stallAfter(0);
			case 2, 3, 4 -> Reply.status(403).heldBy(bytesCame);
			default -> Reply.ok();
		});
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(4)) {
			CompletableFuture<CachedModel> model = fixture
				.open(ModelRequest.builder("m").url(this.hub.uri("/m.gguf")).expectedDigest(CONTENT.sha256()).build())
				.get("m")
				.toFuture();
			this.host.awaitRequests("/blob", 4);
			this.host.release();
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> {
				TransferProgress progress = fixture.cache().status("m").progress();
				return progress != null && progress.bytes() > 0;
			});
			bytesCame.countDown();
			assertThat(model).succeedsWithin(CacheFixture.PATIENCE)
				.satisfies((cached) -> assertThat(cached.path()).matches(CONTENT::isIn));
		}
	}

	@Test
	void newLinkThatIsRefusedAfterBytesArrivedIsAskedForOnceMore() {
		redirect(Reply.status(302));
		this.host.script("/blob", Reply.ok().closeAfter(MIB / 2), Reply.status(403), Reply.ok());
		get(1, ModelRequest.builder("m").maxAttempts(2));
	}

	@Test
	void newLinkThatIsRefusedIsARefusalOfAccess() {
		redirect(Reply.status(302));
		this.host.always("/blob", Reply.status(403));
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> get(4, ModelRequest.builder("m")))
			.withMessageContaining(
					this.host.uri("/blob") + " answered 403 (redirected from " + this.hub.uri("/m.gguf") + ")")
			.withMessageContaining("such links expire soon")
			.withMessageNotContaining("signature");
		assertThat(this.host.requests()).extracting((request) -> request.range() != null).containsExactly(true, false);
	}

	@Test
	void linkThatIsRefusedForEverAfterBytesArrivedEndsTheTransfer() {
		redirect(Reply.status(302));
		AtomicInteger served = new AtomicInteger();
		this.host.answer("/blob", (request) -> (served.incrementAndGet() > 3) ? Reply.status(403) : Reply.ok());
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> get(1, ModelRequest.builder("m")));
		assertThat(this.host.requests()).hasSizeLessThan(7);
	}

	@Test
	void targetThatIsGoneIsLookedForAgain() {
		this.hub.serve("/new", CONTENT)
			.script("/m.gguf", Reply.redirect(302, this.host.uri("/blob").toString()),
					Reply.redirect(302, this.hub.uri("/new").toString()));
		this.hub.answer("/new", (request) -> Reply.ok());
		AtomicInteger served = new AtomicInteger();
		this.host.answer("/blob", (request) -> (served.incrementAndGet() > 1) ? Reply.status(404) : Reply.ok());
		get(1, ModelRequest.builder("m"));
	}

	@Test
	void nextDownloadAsksForALinkOfItsOwn() throws Exception {
		redirect(Reply.status(302));
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1)) {
			fixture.open(ModelRequest.builder("m").url(this.hub.uri("/m.gguf")).build());
			fixture.get("m");
			int before = this.links.get();
			fixture.cache().refresh("m").block(CacheFixture.PATIENCE);
			assertThat(this.links).hasValueGreaterThan(before);
		}
	}

	@Test
	void digestThatTheHubStatesIsComparedBeforeAByteIsStored() {
		Content other = Content.random(CONTENT.size(), 2);
		redirect(Reply.status(302).header("X-Linked-ETag", "\"" + other.sha256().hex() + "\""));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(4, ModelRequest.builder("m")))
			.withMessageContaining("states the digest " + other.sha256());
	}

	@Test
	void mirrorThatStatesAnotherDigestIsLeftOut() {
		redirect(Reply.status(302));
		try (MisbehavingServer liar = MisbehavingServer.start()) {
			Content lie = Content.random(CONTENT.size(), 2);
			CountDownLatch asked = new CountDownLatch(1);
			this.host.answer("/blob", (request) -> String.valueOf(request.range()).startsWith("bytes=0-") ? Reply.ok()
					: Reply.ok().heldBy(asked));
			liar.serve("/m.gguf", lie)
				.always("/m.gguf", Reply.ok().header("X-Linked-ETag", "\"" + lie.sha256().hex() + "\"").meeting(asked));
			CachedModel model = get(4, ModelRequest.builder("m").mirrors(List.of(liar.uri("/m.gguf"))));
			assertThat(model.source()).isEqualTo(this.hub.uri("/m.gguf").toString());
			// All connections may ask before the first answer is there.
			assertThat(liar.requests()).hasSizeBetween(1, 4);
		}
	}

	@Test
	void mirrorThatWantsToBeLeftAloneForLongGivesWay() {
		redirect(Reply.status(302));
		try (MisbehavingServer busy = MisbehavingServer.start()) {
			busy.always("/m.gguf", Reply.status(429).header("Retry-After", "3600"));
			ModelRequest request = ModelRequest.builder("m")
				.url(busy.uri("/m.gguf"))
				.mirrors(List.of(this.hub.uri("/m.gguf")))
				.build();
			try (CacheFixture fixture = new CacheFixture(this.directory)) {
				fixture.open(request);
				assertThat(fixture.get("m").path()).matches(CONTENT::isIn);
			}
			assertThat(busy.requests()).hasSize(1);
		}
	}

}
