/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Several connections, and several mirrors, for one file.
 */
@ExtendWith(OutputCaptureExtension.class)
class ParallelTests {

	private static final int MIB = 1 << 20;

	private static final int CONNECTIONS = 4;

	private static final Content CONTENT = Content.random(8 * MIB + 12_345, 1);

	@TempDir
	private Path directory;

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", CONTENT);

	private final MisbehavingServer mirror = MisbehavingServer.start().serve("/m.gguf", CONTENT);

	@AfterEach
	void stopServers() {
		this.server.close();
		this.mirror.close();
	}

	private CachedModel get(ModelRequest.Builder request) {
		return get(request, CacheFixture.PATIENCE);
	}

	private CachedModel get(ModelRequest.Builder request, Duration stallTimeout) {
		TransferSettings settings = new TransferSettings(DataSize.ofKilobytes(256), CONNECTIONS,
				DataSize.ofMegabytes(1), CacheFixture.PATIENCE, stallTimeout, 5, true);
		try (CacheFixture fixture = new CacheFixture(this.directory).transfer(settings)) {
			fixture.open(request.build());
			CachedModel model = fixture.get("m");
			assertThat(model.path()).matches(CONTENT::isIn);
			return model;
		}
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).expectedDigest(CONTENT.sha256());
	}

	private ModelRequest.Builder withMirror() {
		return request().mirrors(List.of(this.mirror.uri("/m.gguf")));
	}

	/**
	 * Lets the first connection begin, and holds the replies to the next requests until
	 * every connection has sent one.
	 */
	private void expectAllConnections(MisbehavingServer... servers) {
		AtomicInteger requests = new AtomicInteger();
		CountDownLatch together = new CountDownLatch(CONNECTIONS);
		for (MisbehavingServer each : servers) {
			each.answer("/m.gguf", (request) -> {
				int number = requests.getAndIncrement();
				return (number >= 1 && number <= CONNECTIONS) ? Reply.ok().meeting(together) : Reply.ok();
			});
		}
	}

	/** Holds all replies but the first until the mirror is asked too. */
	private void expectTheMirror(Reply ofTheMirror) {
		CountDownLatch asked = new CountDownLatch(1);
		this.server.answer("/m.gguf", (request) -> String.valueOf(request.range()).startsWith("bytes=0-") ? Reply.ok()
				: Reply.ok().heldBy(asked));
		this.mirror.always("/m.gguf", ofTheMirror.meeting(asked));
	}

	private static long connections(List<RecordedRequest> requests) {
		return requests.stream().map(RecordedRequest::connection).distinct().count();
	}

	@Test
	void segmentsComeOverSeveralConnectionsAndEveryByteOnce() {
		expectAllConnections(this.server);
		get(request());
		// The first one may not have been given back yet when the next request begins.
		assertThat(connections(this.server.requests().subList(0, 1 + CONNECTIONS))).isBetween((long) CONNECTIONS,
				CONNECTIONS + 1L);
		assertThat(this.server.requests()).hasSizeGreaterThanOrEqualTo(7);
		assertThat(this.server.bytesSent("/m.gguf")).isLessThan(CONTENT.size() + 3 * MIB);
	}

	private ModelRequest.Builder partOf(String path, boolean digest) {
		ModelRequest.Builder request = (digest ? request() : request().expectedDigest(null))
			.url(this.server.serve(path, CONTENT).uri(path));
		this.server.answer(path, (asked) -> String.valueOf(asked.range()).startsWith("bytes=0-")
				? Reply.ok().closeAfter(MIB + 100_000) : Reply.status(404));
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
		assertThat(this.server.bytesSent(path)).isGreaterThanOrEqualTo(MIB);
		return request;
	}

	private void goesOn(String path, ModelRequest.Builder request) {
		int before = this.server.requests().size();
		this.server.always(path, Reply.ok());
		get(request);
		assertThat(this.server.requests().subList(before, this.server.requests().size()))
			.allSatisfy((asked) -> assertThat(asked.range()).isNotNull().doesNotStartWith("bytes=0-"));
	}

	/** Each file would cost the same failed requests again, with their pauses. */
	@Test
	void hostThatFailsAtAllRangesIsAskedForWholeFilesFromThenOn(CapturedOutput output) {
		this.server.serve("/n.gguf", CONTENT);
		for (String path : List.of("/m.gguf", "/n.gguf")) {
			this.server.answer(path, (asked) -> (asked.range() != null) ? Reply.dropped() : Reply.ok());
		}
		TransferSettings settings = new TransferSettings(DataSize.ofKilobytes(256), CONNECTIONS,
				DataSize.ofMegabytes(1), CacheFixture.PATIENCE, CacheFixture.PATIENCE, 5, true);
		try (CacheFixture fixture = new CacheFixture(this.directory).transfer(settings)) {
			fixture.open(request().build(),
					ModelRequest.builder("n").url(this.server.uri("/n.gguf")).expectedDigest(CONTENT.sha256()).build());
			assertThat(fixture.get("m").path()).matches(CONTENT::isIn);
			assertThat(this.server.requests("/m.gguf")).hasSizeGreaterThan(2);
			assertThat(fixture.get("n").path()).matches(CONTENT::isIn);
			assertThat(this.server.requests("/n.gguf")).hasSize(1);
		}
		assertThat(output).contains(
				"failed at all ranges, and sent data without them; from now on, whole files are requested from its host");
	}

	/** Only the whole file, if the server sends it, is worth more than what came. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whatAnEarlierTransferLeftIsNotGivenUpWhenTheServerFails(boolean digest) {
		ModelRequest.Builder request = partOf("/m.gguf", digest);
		for (int status : new int[] { 503, 403, 404 }) {
			this.server.always("/m.gguf", Reply.status(status));
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
		}
		// A page for those who want the whole file, too.
		Reply page = Reply.status(200).body("not now");
		for (Reply answer : List.of(page, page.chunked())) {
			this.server.answer("/m.gguf", (asked) -> (asked.range() == null) ? answer : Reply.status(403));
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
			assertThat(this.server.requests()).extracting(RecordedRequest::range).last().isNull();
		}
		// To everyone, however it is labelled.
		Reply text = Reply.status(200).body("Service busy, try again later.");
		Reply html = Reply.status(200).body("<!DOCTYPE html><title>Log in</title>");
		for (Reply answer : List.of(page, text.chunked(), html, html.chunked(),
				text.chunked().header("Content-Type", "application/json"))) {
			this.server.always("/m.gguf", answer);
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
		}
		goesOn("/m.gguf", request);
	}

	@ParameterizedTest
	@CsvSource({ "Repr-Digest, sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:", "Content-Encoding, br" })
	void whatAnEarlierTransferLeftIsNotGivenUpForWhatIsNotTheFile(String header, String value) {
		ModelRequest.Builder request = partOf("/m.gguf", true);
		this.server.always("/m.gguf", Reply.ok().header(header, value));
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
		assertThat(this.server.requests()).extracting(RecordedRequest::range).last().isNull();
		goesOn("/m.gguf", request);
	}

	@Test
	void whatAnEarlierTransferLeftIsNotGivenUpForAnEncodedFile() {
		ModelRequest.Builder request = partOf("/m.bin", true);
		Reply encoded = Reply.status(200).body(Content.random(5 * MIB, 3)).header("Content-Encoding", "br");
		this.server.always("/m.bin", encoded);
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> get(request))
			.withMessageContaining("sent the content encoding br");
		goesOn("/m.bin", request);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void portalInTheMiddleOfADownloadIsNamed(boolean chunked) {
		ModelRequest.Builder request = partOf("/m.gguf", true);
		this.server.always("/m.gguf", chunked ? Reply.html().chunked() : Reply.html());
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> get(request))
			.withMessageContaining("HTML page");
		goesOn("/m.gguf", request);
	}

	@Test
	void outageDoesNotShowThatAHostRefusesWholeFiles() {
		this.server.answer("/m.gguf", (request) -> (request.range() == null) ? Reply.status(403)
				: request.range().startsWith("bytes=0-") ? Reply.ok() : Reply.status(503));
		this.server.serve("/other.gguf", CONTENT)
			.answer("/other.gguf", (request) -> (request.range() != null) ? Reply.status(403) : Reply.ok());
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1)) {
			fixture.open(request().build(),
					ModelRequest.builder("other")
						.url(this.server.uri("/other.gguf"))
						.expectedDigest(CONTENT.sha256())
						.build());
			assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(this.server.requests("/m.gguf")).extracting(RecordedRequest::range).last().isNull();
			assertThat(fixture.get("other").path()).matches(CONTENT::isIn);
		}
	}

	@Test
	void serverThatFailsWhileItStartsIsAskedForRangesWhenItHasStarted() {
		this.server.script("/m.gguf", Reply.status(503), Reply.status(503));
		get(request());
		assertThat(this.server.requests()).extracting((request) -> request.range() != null)
			.startsWith(true, true, false, true, true)
			.filteredOn((ranged) -> !ranged)
			.hasSize(1);
	}

	@Test
	void serverThatFailsAtRangesForGoodSendsTheWholeFile() {
		this.server.answer("/m.gguf", (request) -> (request.range() != null) ? Reply.status(503) : Reply.ok());
		get(request());
		assertThat(this.server.requests()).extracting((request) -> request.range() != null)
			.containsExactly(true, true, false, true, false);
	}

	@Test
	void everyLaterRangeIsPinnedToTheValidator() {
		get(request());
		assertThat(this.server.requests().stream().skip(1))
			.allSatisfy((request) -> assertThat(request.header("If-Range")).isEqualTo(CONTENT.etag()));
	}

	@Test
	void serverWithoutRangesGetsOneConnectionAndThatIsSaid(CapturedOutput output) {
		this.server.always("/m.gguf", Reply.ok().ignoringRange());
		get(request());
		assertThat(this.server.requests()).hasSize(1);
		// The output is that of all tests of the class.
		String said = this.server.uri("/m.gguf") + " sends no ranges";
		assertThat(output.getOut().lines().filter((line) -> line.contains(said))).hasSize(1);
	}

	@Test
	void withoutDigestAndValidatorThereIsOneConnection() {
		this.server.always("/m.gguf", Reply.ok().etag("W/\"weak\""));
		get(request().expectedDigest(null));
		assertThat(connections(this.server.requests())).isEqualTo(1);
	}

	@Test
	void withValidatorAloneThereAreSeveral() {
		CountDownLatch another = new CountDownLatch(1);
		this.server.answer("/m.gguf", (request) -> {
			if ("bytes=0-".equals(request.range())) {
				return Reply.ok().stallAfter(MIB, another);
			}
			another.countDown();
			return Reply.ok();
		});
		get(request().expectedDigest(null));
		assertThat(connections(this.server.requests())).isGreaterThan(1);
	}

	@Test
	void connectionsThatBreakAreReplaced() {
		this.server.answer("/m.gguf", (request) -> (Math.floorMod(Objects.hashCode(request.range()), 3) == 0)
				? Reply.ok().closeAfter(300_000) : Reply.ok());
		get(request());
	}

	@Test
	void stalledRangeMovesElsewhere() {
		this.server.answer("/m.gguf", (request) -> "bytes=3145728-4194303".equals(request.range())
				? Reply.ok().stallAfter(1000) : Reply.ok());
		// On a busy machine, others may seem to stall as well.
		get(withMirror().maxAttempts(50), Duration.ofMillis(500));
	}

	@Test
	void burstOfFailuresCountsOnce() {
		int[] failures = { 0 };
		CountDownLatch together = new CountDownLatch(3);
		// All connections of the moment break, more of them than max-attempts allows.
		this.server.answer("/m.gguf", (request) -> {
			synchronized (failures) {
				boolean fails = !String.valueOf(request.range()).startsWith("bytes=0-") && failures[0]++ < 3;
				return fails ? Reply.ok().cutAfter(0).meeting(together) : Reply.ok();
			}
		});
		get(request().maxAttempts(2));
	}

	@Test
	void everyNewByteStartsTheCountAgainWhoeverBroughtIt() {
		int[] requests = { 0 };
		this.server.answer("/m.gguf", (request) -> {
			synchronized (requests) {
				return (++requests[0] % 3 == 0) ? Reply.status(503) : Reply.ok();
			}
		});
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1)) {
			fixture.open(request().build());
			assertThat(fixture.get("m").path()).matches(CONTENT::isIn);
		}
	}

	@Test
	void aLoneMirrorThatBringsBytesIsWaitedForWhenItsCircuitOpens() {
		int[] requests = { 0 };
		this.server.answer("/m.gguf", (request) -> {
			synchronized (requests) {
				return (++requests[0] % 2 == 0) ? Reply.status(503) : Reply.ok();
			}
		});
		CircuitBreakerRegistry breakers = CircuitBreakerRegistry.of(Map.of("modelcache",
				CircuitBreakerConfig.custom()
					.slidingWindowSize(4)
					.minimumNumberOfCalls(4)
					.waitDurationInOpenState(Duration.ofMillis(250))
					.permittedNumberOfCallsInHalfOpenState(2)
					.build()));
		AtomicInteger opened = new AtomicInteger();
		breakers.getEventPublisher()
			.onEntryAdded((added) -> added.getAddedEntry()
				.getEventPublisher()
				.onCallNotPermitted((refused) -> opened.incrementAndGet()));
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1).breakers(breakers)) {
			fixture.open(request().build());
			assertThat(fixture.get("m").path()).matches(CONTENT::isIn);
		}
		assertThat(opened).hasPositiveValue();
	}

	@Test
	void timeOutOnAConnectionThatStaysOpenCounts() {
		this.server.answer("/m.gguf",
				(request) -> String.valueOf(request.range()).startsWith("bytes=0-") ? Reply.ok() : Reply.status(408));
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1)) {
			fixture.open(request().maxAttempts(1).build());
			assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> fixture.get("m"));
		}
		assertThat(this.server.requests()).extracting(RecordedRequest::range).last().isNull();
		assertThat(this.server.requests()).hasSize(3);
	}

	/** The host serves one request at a time, whoever sends it. */
	@Test
	void anotherDownloadFromAHostThatServesOneConnectionWaitsForIt() throws Exception {
		AtomicInteger active = new AtomicInteger();
		CountDownLatch refused = new CountDownLatch(CONNECTIONS - 1);
		this.server.serve("/other.gguf", CONTENT);
		for (String path : List.of("/m.gguf", "/other.gguf")) {
			this.server.answer(path, (request) -> {
				if (active.compareAndSet(0, 1)) {
					return Reply.ok().stallAfter(1000, refused).beforeTheEnd(() -> active.set(0));
				}
				refused.countDown();
				return Reply.dropped();
			});
		}
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(CONNECTIONS)) {
			fixture.open(request().build(),
					ModelRequest.builder("other")
						.url(this.server.uri("/other.gguf"))
						.expectedDigest(CONTENT.sha256())
						.build());
			CompletableFuture<CachedModel> first = CompletableFuture.supplyAsync(() -> fixture.get("m"));
			this.server.awaitRequests("/m.gguf", CONNECTIONS);
			CompletableFuture<CachedModel> second = CompletableFuture.supplyAsync(() -> fixture.get("other"));
			assertThat(first).succeedsWithin(CacheFixture.PATIENCE);
			assertThat(second).succeedsWithin(CacheFixture.PATIENCE);
		}
	}

	@Test
	void mirrorsTakePartAtOnce() {
		// Whoever is slower must not be left with less than its share.
		CountDownLatch served = new CountDownLatch(2);
		this.mirror.always("/m.gguf", Reply.ok().beforeTheEnd(served::countDown));
		this.server.answer("/m.gguf", (request) -> String.valueOf(request.range()).startsWith("bytes=0-") ? Reply.ok()
				: Reply.ok().heldBy(served));
		CachedModel model = get(withMirror());
		assertThat(this.server.bytesSent("/m.gguf")).isGreaterThan(MIB);
		assertThat(this.mirror.bytesSent("/m.gguf")).isGreaterThan(MIB);
		assertThat(model.fallback()).isFalse();
	}

	@Test
	void refusalOfOneFileDoesNotChangeHowItsHostIsAskedForOthers() {
		this.server.always("/other.gguf", Reply.status(400));
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(CONNECTIONS)) {
			fixture.open(request().build(), ModelRequest.builder("other").url(this.server.uri("/other.gguf")).build());
			assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> fixture.get("other"));
			fixture.get("m");
		}
		assertThat(this.server.requests("/other.gguf")).extracting(RecordedRequest::range).last().isNull();
		assertThat(this.server.requests("/m.gguf")).extracting(RecordedRequest::range).doesNotContainNull();
	}

	@Test
	void withoutDigestMirrorsAreOnlyForFailOver() {
		get(withMirror().expectedDigest(null));
		assertThat(this.mirror.requests()).isEmpty();
	}

	@Test
	void withoutDigestAFileNeverMixesOrigins() {
		Content other = Content.random(CONTENT.size(), 9);
		this.server.serve("/m.gguf", other)
			.script("/m.gguf", Reply.ok().cutAfter(6 * MIB), Reply.status(404), Reply.status(404), Reply.status(404),
					Reply.status(404));
		get(withMirror().expectedDigest(null));
		assertThat(this.mirror.bytesSent("/m.gguf")).isGreaterThanOrEqualTo(CONTENT.size());
	}

	@Test
	void mirrorWithAnotherSizeIsLeftOut() {
		this.mirror.serve("/m.gguf", Content.random(5 * MIB, 3));
		expectTheMirror(Reply.ok());
		get(withMirror());
		assertThat(this.mirror.requests()).hasSizeBetween(1, 4);
	}

	@Test
	void mirrorThatIsNotThereIsLeftOut() {
		expectTheMirror(Reply.status(404));
		get(withMirror());
	}

	@Test
	void mirrorThatDiesHalfWayIsReplacedByTheOther() {
		int[] requests = { 0 };
		this.server.answer("/m.gguf", (request) -> {
			synchronized (requests) {
				return (requests[0]++ < 3) ? Reply.ok() : Reply.ok().cutAfter(100);
			}
		});
		get(withMirror());
	}

	@Test
	void primaryThatIsDownFromTheStartIsReplacedByTheMirror() {
		this.server.refuse();
		get(withMirror());
	}

	@Test
	void slowMirrorDoesNotHoldUpTheEnd() {
		CountDownLatch rest = new CountDownLatch(1);
		this.mirror.always("/m.gguf", Reply.ok().stallAfter(1000, rest));
		CompletableFuture<CachedModel> model = CompletableFuture.supplyAsync(() -> get(withMirror()));
		Awaitility.await()
			.atMost(CacheFixture.PATIENCE)
			.until(() -> this.server.bytesSent("/m.gguf") > 5 * MIB || model.isDone());
		rest.countDown();
		assertThat(model).succeedsWithin(CacheFixture.PATIENCE);
		assertThat(this.server.bytesSent("/m.gguf")).isGreaterThan(5 * MIB);
	}

	@Test
	void lyingMirrorCostsAWholeFileAttemptAndNeverMore() {
		Content lie = Content.random(CONTENT.size(), 4);
		this.mirror.serve("/m.gguf", lie);
		// The lie is not asked for the first segment of the attempt that follows.
		int[] requests = { 0 };
		this.mirror.answer("/m.gguf", (request) -> {
			synchronized (requests) {
				return (requests[0]++ < 2) ? Reply.ok() : Reply.status(404);
			}
		});
		get(withMirror());
	}

	@Test
	void fileThatChangesInTheMiddleBeginsAgain() {
		Content before = Content.random(CONTENT.size(), 5);
		this.server.serve("/m.gguf", before);
		CountDownLatch changed = new CountDownLatch(1);
		Reply first = Reply.ok().beforeTheEnd(() -> await(changed));
		this.server.answer("/m.gguf", (request) -> {
			if (String.valueOf(request.range()).startsWith("bytes=0-") && changed.getCount() > 0) {
				return first;
			}
			this.server.serve("/m.gguf", CONTENT);
			changed.countDown();
			return Reply.ok();
		});
		get(request().expectedDigest(null));
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void oneConnectionAsksForOneSegmentAfterTheOther() {
		try (CacheFixture fixture = new CacheFixture(this.directory).segmented(1)) {
			fixture.open(request().build());
			assertThat(fixture.get("m").path()).matches(CONTENT::isIn);
		}
		assertThat(Arrays.asList(this.server.requests().get(0).range(), this.server.requests().get(1).range()))
			.containsExactly("bytes=0-2097151", "bytes=2097152-3145727");
	}

	@Test
	void localFileIsCopiedInRangesToo() throws Exception {
		Path source = Files.write(this.directory.resolve("source"), CONTENT.bytes());
		URI uri = source.toUri();
		get(request().url(uri));
	}

	/** Also if they have sent ranges before. */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void mirrorsThatFailGetAsManyRequestsAsAreAllowed(boolean known) {
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture.open(withMirror().maxAttempts(3).build());
			if (known) {
				fixture.get("m");
				cache.evict("m").block(CacheFixture.PATIENCE);
			}
			List<MisbehavingServer> both = List.of(this.server, this.mirror);
			int[] before = both.stream().mapToInt((one) -> one.requests("/m.gguf").size()).toArray();
			both.forEach((one) -> one.always("/m.gguf", Reply.status(503)));
			assertThat(cache.get("m").toFuture()).failsWithin(CacheFixture.PATIENCE);
			for (int i = 0; i < before.length; i++) {
				assertThat(both.get(i).requests("/m.gguf")).hasSize(before[i] + 3);
			}
		}
	}

}
