package dev.modelcache.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.transfer.TransferSettings;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A row for each way a server misbehaves: either the file arrives bit-identical, or the
 * acquisition fails with the right exception and nothing is visible.
 */
class FaultTableTests {

	private static final int SIZE = 700_000;

	private static final Content CONTENT = Content.random(SIZE, 7);

	private static final Content OTHER = Content.random(SIZE, 8);

	@TempDir
	Path directory;

	static Stream<Row> table() {
		return Stream.of(
				// Arrives in spite of it
				arrives("well-behaved", 1, Reply.ok()), arrives("range ignored", 1, Reply.ok().ignoringRange()),
				arrives("503 once", 2, Reply.status(503), Reply.ok()),
				arrives("500 twice", 3, Reply.status(500), Reply.status(500), Reply.ok()),
				arrives("503 with Retry-After: 0", 2, Reply.status(503).header("Retry-After", "0"), Reply.ok()),
				arrives("408 once", 2, Reply.status(408), Reply.ok()),
				arrives("429 once", 2, Reply.status(429).header("Retry-After", "0"), Reply.ok()),
				arrives("reset before any byte", 2, Reply.ok().cutAfter(0), Reply.ok()),
				arrives("reset half way", 2, Reply.ok().cutAfter(SIZE / 2), Reply.ok()),
				arrives("reset at the last byte", 2, Reply.ok().cutAfter(SIZE - 1), Reply.ok()),
				arrives("short body", 2, Reply.ok().closeAfter(1000), Reply.ok()),
				arrives("short on every request but with progress", 7, Reply.ok().closeAfter(100_000)),
				arrives("length announced too large once", 2, Reply.ok().announcing(10), Reply.ok()),
				arrives("more than announced", 1, Reply.ok().overrunBy(500)),
				arrives("chunked", 1, Reply.ok().ignoringRange().chunked()),
				arrives("chunked and cut", 2, Reply.ok().ignoringRange().chunked().closeAfter(5000), Reply.ok()),
				arrives("no length, proved by the digest", 1, Reply.ok().ignoringRange().withoutLength()),
				arrives("gzip in spite of identity once", 2, Reply.ok().gzipped(), Reply.ok()),
				arrives("wrong Content-Range once", 2, Reply.ok().shiftingRange(10), Reply.ok()),
				arrives("byte flipped once", 2, Reply.ok().flipped(1234), Reply.ok()),
				arrives("empty body once", 2, Reply.empty(), Reply.ok()),
				arrives("another file once", 2, Reply.status(200).body(OTHER), Reply.ok()),
				arrives("another version in the middle", 3, Reply.ok().etag("\"a\"").cutAfter(SIZE / 2),
						Reply.ok().etag("\"b\"").ignoringIfRange(), Reply.ok().etag("\"b\"")),
				arrives("range ignored on resume", 2, Reply.ok().cutAfter(SIZE / 2), Reply.ok().ignoringRange()),
				arrives("stall half way", 2, Reply.ok().stallAfter(SIZE / 2), Reply.ok()),
				arrives("stall before the first byte", 2, Reply.ok().stallAfter(0), Reply.ok()),
				arrives("stall at the last byte", 2, Reply.ok().stallAfter(SIZE - 1), Reply.ok()),
				arrives("no headers", 2, Reply.ok().stallBeforeHeaders(), Reply.ok()),
				arrives("illegal HTTP once", 2, Reply.raw("nonsense\r\n\r\n"), Reply.ok()),
				arrives("redirect", 2, Reply.redirect(302, "/model.gguf"), Reply.ok()),
				arrives("416 to an intact beginning", 3, Reply.ok().cutAfter(SIZE / 2),
						Reply.status(416).header("Content-Range", "bytes */" + SIZE), Reply.ok()),
				// Fails, and says why
				fails("404", ErrorCode.NOT_FOUND, "answered 404", 1, Reply.status(404)),
				fails("410", ErrorCode.NOT_FOUND, "answered 410", 1, Reply.status(410)),
				fails("401", ErrorCode.ACCESS_DENIED, "answered 401", 1, Reply.status(401)),
				fails("403", ErrorCode.ACCESS_DENIED, "answered 403", 1, Reply.status(403)),
				fails("400", ErrorCode.TRANSFER, "answered 400", 1, Reply.status(400)),
				fails("500 for ever", ErrorCode.TRANSFER, "answered 500", 3, Reply.status(500)),
				fails("503 for ever", ErrorCode.TRANSFER, "answered 503", 3, Reply.status(503)),
				fails("reset for ever", ErrorCode.TRANSFER, "broke the connection", 3, Reply.ok().cutAfter(0)),
				fails("no headers for ever", ErrorCode.TRANSFER, "did not answer within", 3,
						Reply.ok().stallBeforeHeaders()),
				fails("stall for ever", ErrorCode.TRANSFER, "sent no byte for", 3, Reply.ok().stallAfter(0)),
				fails("wrong bytes for ever", ErrorCode.INTEGRITY, "expected-checksum says", 3, Reply.ok().flipped(99)),
				fails("empty body for ever", ErrorCode.INTEGRITY, "sent an empty file", 3, Reply.empty()),
				fails("0-byte file by 416", ErrorCode.INTEGRITY, "sent an empty file", 3,
						Reply.status(416).header("Content-Range", "bytes */0")),
				fails("another file for ever", ErrorCode.INTEGRITY, "expected-checksum says", 3,
						Reply.status(200).body(OTHER)),
				fails("HTML by its type", ErrorCode.FORMAT, "HTML page instead of a model", 1, Reply.html()),
				fails("HTML by its beginning", ErrorCode.FORMAT, "HTML page instead of a model", 1,
						Reply.status(200).body("\n<!DOCTYPE html><html><body>Log in</body></html>")),
				fails("redirect loop", ErrorCode.TRANSFER, "redirects more than 5 times", 6,
						Reply.redirect(302, "/model.gguf")),
				fails("redirect to nowhere", ErrorCode.TRANSFER, "redirects", 1, Reply.redirect(302, "ftp://host/x")),
				fails("gzip for ever", ErrorCode.TRANSFER, "content encoding gzip", 3, Reply.ok().gzipped()),
				fails("wrong Content-Range for ever", ErrorCode.TRANSFER, "asked for bytes from 0", 3,
						Reply.ok().shiftingRange(10)),
				fails("204", ErrorCode.TRANSFER, "answered 204", 3, Reply.status(204)),
				without("no length, nothing to prove it", ErrorCode.TRANSFER, "neither a length nor chunks",
						Reply.ok().ignoringRange().withoutLength()),
				without("cut for ever without progress", ErrorCode.TRANSFER, "broke the connection",
						Reply.ok().cutAfter(0)));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("table")
	void everyMisbehaviourEndsWell(Row row) throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start();
				CacheFixture fixture = new CacheFixture(this.directory).transfer(impatient())) {
			server.serve("/model.gguf", CONTENT).script("/model.gguf", row.replies());
			if (row.lastForEver()) {
				server.always("/model.gguf", row.replies()[row.replies().length - 1]);
			}
			ModelRequest.Builder request = ModelRequest.builder("m").url(server.uri("/model.gguf"));
			fixture.open(row.request().apply(request).build());
			row.check(fixture);
			assertThat(server.requests("/model.gguf")).as("requests")
				.hasSize(row.requests())
				.allSatisfy(FaultTableTests::isPolite);
			assertThat(leftOvers()).as("staged files").isEmpty();
		}
	}

	private static void isPolite(RecordedRequest request) {
		assertThat(request.method()).isEqualTo("GET");
		assertThat(request.header("Accept-Encoding")).isEqualTo("identity");
		assertThat(request.header("Range")).startsWith("bytes=");
	}

	private Stream<Path> leftOvers() throws Exception {
		return Files.walk(this.directory).filter((path) -> path.toString().endsWith(".part"));
	}

	private static TransferSettings impatient() {
		return new TransferSettings(DataSize.ofKilobytes(64), 4, DataSize.ofMegabytes(16), Duration.ofMillis(400),
				Duration.ofMillis(400), 5, true);
	}

	private static Row arrives(String name, int requests, Reply... replies) {
		return new Row(name, null, "", requests, true, replies);
	}

	private static Row fails(String name, ErrorCode code, String problem, int requests, Reply... replies) {
		return new Row(name, code, problem, requests, true, replies);
	}

	private static Row without(String name, ErrorCode code, String problem, Reply... replies) {
		return new Row(name, code, problem, name.startsWith("cut") ? 3 : 1, false, replies);
	}

	private record Row(String name, ErrorCode code, String problem, int requests, boolean digest, Reply... replies) {

		UnaryOperator<ModelRequest.Builder> request() {
			return (builder) -> this.digest ? builder.expectedDigest(CONTENT.sha256()) : builder;
		}

		boolean lastForEver() {
			return this.code != null || this.replies.length == 1;
		}

		void check(CacheFixture fixture) throws Exception {
			if (this.code == null) {
				CachedModel model = fixture.get("m");
				assertThat(Content.of(Files.readAllBytes(model.path())).sha256()).isEqualTo(CONTENT.sha256());
				return;
			}
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"))
				.satisfies((failure) -> assertThat(failure.code()).isEqualTo(this.code))
				.withMessageContaining("Model 'm'")
				.withMessageContaining(this.problem);
			try (Stream<Path> files = Files.walk(fixture.directory())) {
				assertThat(files.map(Path::getFileName).map(Path::toString)).doesNotContain("model.gguf");
			}
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

}
