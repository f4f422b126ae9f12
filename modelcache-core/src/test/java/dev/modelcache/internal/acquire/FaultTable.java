/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.internal.acquire.FaultRow.Shape;
import dev.modelcache.internal.acquire.FaultRow.Silence;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.Reply;

import static dev.modelcache.internal.acquire.FaultRow.arrives;
import static dev.modelcache.internal.acquire.FaultRow.fails;

/**
 * The ways in which a server, a network or a proxy misbehaves. Positions lie in the first
 * 700,000 bytes of a body, so that they mean the same for a whole file and for a segment.
 */
final class FaultTable {

	private static final int MIB = 1 << 20;

	private static final int END = Shape.ONE_STREAM.size();

	private static final int HALF = END / 2;

	private static final String PAST = "Thu, 01 Jan 2026 00:00:00 GMT";

	private final Content content;

	private final Content other;

	private final long size;

	FaultTable(Content content, Content other) {
		this.content = content;
		this.other = other;
		this.size = content.size();
	}

	Stream<FaultRow> rows() {
		return Stream
			.of(network(), ranges(), ends(), bodies(), codings(), versions(), busy(), refusals(), redirects(), stated())
			.flatMap(List::stream);
	}

	private List<FaultRow> network() {
		return List.of(arrives("well-behaved", 1, Reply.ok()),
				arrives("reset before any byte", 2, Reply.ok().cutAfter(0), Reply.ok()),
				arrives("reset half way", 2, Reply.ok().cutAfter(HALF), Reply.ok()),
				arrives("reset at the last byte", 2, Reply.ok().cutAfter(END - 1), Reply.ok()),
				fails("reset for ever", ErrorCode.TRANSFER, "broke the connection", 3, Reply.ok().cutAfter(0)),
				fails("reset for ever", ErrorCode.TRANSFER, "broke the connection", 3, Reply.ok().cutAfter(0))
					.withoutDigest(),
				arrives("no headers", 2, Reply.ok().stallBeforeHeaders(), Reply.ok()).silent(Silence.BEFORE_HEADERS),
				fails("no headers for ever", ErrorCode.TRANSFER, "did not answer within", 0,
						Reply.ok().stallBeforeHeaders())
					.silent(Silence.BEFORE_HEADERS),
				arrives("stall before the first byte", 2, Reply.ok().stallAfter(0), Reply.ok()).silent(Silence.IN_BODY),
				arrives("stall half way", 2, Reply.ok().stallAfter(HALF), Reply.ok()).silent(Silence.IN_BODY),
				arrives("stall at the last byte", 2, Reply.ok().stallAfter(END - 1), Reply.ok())
					.silent(Silence.IN_BODY),
				arrives("stall at the last byte of a segment", 0, Reply.ok(), Reply.ok().stallAfter(MIB - 1),
						Reply.ok())
					.only(Shape.SEVERAL_SEGMENTS)
					.silent(Silence.IN_BODY),
				arrives("all connections stall", 0, Reply.ok(), Reply.ok().stallAfter(0), Reply.ok().stallAfter(HALF),
						Reply.ok().stallAfter(MIB - 1), Reply.ok())
					.only(Shape.SEVERAL_SEGMENTS)
					.silent(Silence.IN_BODY),
				fails("stall for ever", ErrorCode.TRANSFER, "sent no data for", 3, Reply.ok().stallAfter(0)).silent(
						Silence.IN_BODY),
				arrives("illegal HTTP once", 2, Reply.raw("nonsense\r\n\r\n"), Reply.ok()),
				fails("headers without end", ErrorCode.TRANSFER, "more than 300 KiB of headers", 1,
						Reply.ok().header("X-Long", "x".repeat(400_000))));
	}

	private List<FaultRow> ranges() {
		Reply part = Reply.status(206).body(this.content);
		Reply parts = part.header("Content-Type", "multipart/byteranges; boundary=b");
		return List.of(arrives("range ignored", 1, Reply.ok().ignoringRange()),
				arrives("range ignored on resume", 2, Reply.ok().cutAfter(HALF), Reply.ok().ignoringRange()),
				arrives("range ignored on resume", 2, Reply.ok().cutAfter(HALF), Reply.ok().ignoringRange())
					.withoutDigest(),
				arrives("wrong Content-Range once", 2, Reply.ok().shiftingRange(10), Reply.ok()),
				arrives("wrong Content-Range for ever", 3, Reply.ok().shiftingRange(10)),
				arrives("larger total once", 3, Reply.ok().wrongTotal(10), Reply.ok()),
				arrives("smaller total once", 2, Reply.ok().wrongTotal(-10), Reply.ok()),
				arrives("larger total once", 3, Reply.ok().wrongTotal(10), Reply.ok()).withoutDigest(),
				arrives("larger total for ever", 0, Reply.ok().wrongTotal(10)),
				arrives("smaller total for ever", 3, Reply.ok().wrongTotal(-10)).only(Shape.ONE_STREAM),
				fails("total that no disk has", ErrorCode.STORAGE, "", 1, Reply.ok().wrongTotal(1L << 50)),
				arrives("206 without Content-Range once", 2, part, Reply.ok()),
				arrives("206 without Content-Range for ever", 3, part),
				arrives("206 with nonsense for Content-Range", 3, part.header("Content-Range", "bytes all/of-it")),
				arrives("206 with more than asked for once", 0, Reply.ok(), Reply.ok().wideningRange(), Reply.ok())
					.only(Shape.SEVERAL_SEGMENTS),
				arrives("206 with more than asked for", 0, Reply.ok().wideningRange()).only(Shape.SEVERAL_SEGMENTS),
				arrives("several parts once", 2, parts, Reply.ok()),
				fails("several parts for ever", ErrorCode.TRANSFER, "sent several parts", 5, parts),
				arrives("416 to an intact beginning", 3, Reply.ok().closeAfter(HALF),
						Reply.status(416).header("Content-Range", "bytes */" + this.size), Reply.ok()),
				arrives("416 to a full file", 2, Reply.ok().ignoringRange().chunked().closeAfter(this.size),
						Reply.ok()),
				arrives("416 to a full file", 2, Reply.ok().ignoringRange().chunked().closeAfter(this.size), Reply.ok())
					.withoutDigest(),
				arrives("416 without validator to a full file", 2,
						Reply.ok().ignoringRange().chunked().closeAfter(this.size),
						Reply.status(416).header("Content-Range", "bytes */" + this.size))
					.withoutDigest(),
				arrives("416 without a word to a full file", 3,
						Reply.ok().ignoringRange().chunked().closeAfter(this.size), Reply.status(416), Reply.ok()),
				arrives("416 to more than the file has", 3, tooLong().closeAfter(this.size + 4000), Reply.ok()),
				fails("416 for ever", ErrorCode.TRANSFER, "has no byte 0", 5, Reply.status(416)),
				fails("0-byte file by 416", ErrorCode.INTEGRITY, "sent an empty file", 3,
						Reply.status(416).header("Content-Range", "bytes */0")));
	}

	private Reply tooLong() {
		return Reply.status(200).body(Content.random(this.size + 5000, 8)).chunked();
	}

	private List<FaultRow> ends() {
		return List.of(arrives("short body", 2, Reply.ok().closeAfter(1000), Reply.ok()),
				arrives("short on every request but with progress", 7, Reply.ok().closeAfter(100_000))
					.only(Shape.ONE_STREAM),
				arrives("length announced too large once", 2, Reply.ok().announcing(10), Reply.ok()),
				arrives("length announced too small once", 0, Reply.ok().ignoringRange().announcing(-10), Reply.ok()),
				fails("length announced too large for ever", ErrorCode.TRANSFER, "broke the connection", 0,
						Reply.ok().announcing(10)),
				fails("length announced too large for ever, range ignored", ErrorCode.TRANSFER, "broke the connection",
						0, Reply.ok().ignoringRange().announcing(10)),
				arrives("more than announced", 1, Reply.ok().overrunBy(500)).only(Shape.ONE_STREAM),
				arrives("longer part once", 2, Reply.ok().longerBy(500), Reply.ok()),
				arrives("longer part in chunks once", 0, Reply.ok().chunked().longerBy(500), Reply.ok()),
				arrives("longer file once", 2, Reply.ok().ignoringRange().longerBy(500), Reply.ok()),
				fails("longer file for ever", ErrorCode.INTEGRITY, "expected-checksum specifies", 2,
						Reply.ok().ignoringRange().longerBy(500)),
				arrives("chunked", 1, Reply.ok().ignoringRange().chunked()),
				arrives("chunked", 1, Reply.ok().ignoringRange().chunked()).withoutDigest(),
				arrives("chunked and cut", 2, Reply.ok().ignoringRange().chunked().closeAfter(5000), Reply.ok()),
				arrives("no length, proved by the digest", 1, Reply.ok().ignoringRange().withoutLength()),
				fails("no length, nothing to prove it", ErrorCode.TRANSFER, "neither a length nor chunks", 1,
						Reply.ok().ignoringRange().withoutLength())
					.withoutDigest());
	}

	private List<FaultRow> bodies() {
		return List
			.of(arrives("byte flipped once", 2, Reply.ok().flipped(1234), Reply.ok()),
					arrives("byte flipped in a later segment", 0, Reply.ok(), Reply.ok().flipped(2 * MIB + 99),
							Reply.ok().flipped(3 * MIB + 99), Reply.ok())
						.only(Shape.SEVERAL_SEGMENTS),
					fails("wrong bytes for ever", ErrorCode.INTEGRITY, "expected-checksum specifies", 2,
							Reply.ok().flipped(99)),
					arrives("empty body once", 2, Reply.empty(), Reply.ok()),
					fails("empty body for ever", ErrorCode.INTEGRITY, "sent an empty file", 3, Reply.empty()),
					fails("empty body for ever", ErrorCode.INTEGRITY, "sent an empty file", 3, Reply.empty())
						.withoutDigest(),
					arrives("another file once", 2, Reply.status(200).body(this.other), Reply.ok()),
					fails("another file for ever", ErrorCode.INTEGRITY, "expected-checksum specifies", 2,
							Reply.status(200).body(this.other)),
					arrives("HTML page once", 2, Reply.html(), Reply.ok()),
					arrives("HTML page in the middle", 3, Reply.ok().cutAfter(HALF), Reply.html(), Reply.ok()),
					fails("HTML page for ever, no inspection of formats", ErrorCode.INTEGRITY,
							"expected-checksum specifies", 2, Reply.html()));
	}

	private List<FaultRow> codings() {
		Stream<FaultRow> refused = Stream
			.of("gzip", "GZIP", "x-gzip", "br", "zstd", "deflate", "compress", "identity, gzip", "aws-chunked,gzip")
			.map((coding) -> arrives("content encoding " + coding + " once", 2,
					Reply.ok().header("Content-Encoding", coding), Reply.ok())
				.only(Shape.ONE_STREAM));
		Stream<FaultRow> accepted = Stream
			.of("identity", " Identity , identity", "", "identity,", "aws-chunked", "binary", "none", "8bit", "7bit",
					"utf-8", "UTF-8", "application/octet-stream", "gguf", "*", "null")
			.map((coding) -> arrives("content encoding '" + coding + "'", 1,
					Reply.ok().header("Content-Encoding", coding))
				.only(Shape.ONE_STREAM));
		return Stream
			.of(refused, accepted, Stream.of(
					arrives("gzip in spite of identity once", 2, Reply.ok().gzipped(), Reply.ok()),
					arrives("gzip for ever", 3, Reply.ok().gzipped()),
					arrives("a second line of content encoding once", 2,
							Reply.ok().header("Content-Encoding", "identity").header("Content-Encoding", "gzip"),
							Reply.ok()),
					arrives("transfer coding deflate once", 2,
							Reply.ok().ignoringRange().chunked().header("Transfer-Encoding", "deflate"), Reply.ok())))
			.flatMap((rows) -> rows)
			.toList();
	}

	private List<FaultRow> versions() {
		Reply old = Reply.status(200).body(this.other).header("ETag", "\"a\"").closeAfter(HALF);
		return List.of(
				arrives("another ETag in the middle", 2, Reply.ok().etag("\"a\"").closeAfter(HALF),
						Reply.ok().etag("\"b\"").ignoringIfRange(), Reply.ok().etag("\"b\"")),
				arrives("another version in the middle", 2, old, Reply.ok()).withoutDigest(),
				arrives("another version, If-Range ignored", 3, old, Reply.ok().ignoringIfRange(), Reply.ok())
					.withoutDigest(),
				arrives("validator becomes weak", 2, Reply.ok().etag("\"a\"").closeAfter(HALF),
						Reply.ok().etag("W/\"a\"")),
				arrives("validator becomes weak", 2, old, Reply.ok().etag("W/\"a\"")).withoutDigest(),
				arrives("validator becomes weak, If-Range ignored", 2, Reply.ok().etag("\"a\"").closeAfter(HALF),
						Reply.ok().etag("W/\"a\"").ignoringIfRange(), Reply.ok()),
				arrives("validator becomes weak, If-Range ignored", 3, old,
						Reply.ok().etag("W/\"a\"").ignoringIfRange(), Reply.ok())
					.withoutDigest(),
				arrives("validator disappears, If-Range ignored", 3, old, Reply.ok().etag("").ignoringIfRange(),
						Reply.ok())
					.withoutDigest(),
				arrives("another version with a weak validator", 3, old, Reply.ok().etag("W/\"b\"").ignoringIfRange(),
						Reply.ok()),
				arrives("another version for ever", 1, Reply.ok().etag("W/\"b\"")));
	}

	private List<FaultRow> busy() {
		Reply busy = Reply.status(429);
		return List.of(arrives("503 once", 2, Reply.status(503), Reply.ok()),
				arrives("500 twice", 3, Reply.status(500), Reply.status(500), Reply.ok()),
				arrives("408 once", 2, Reply.status(408), Reply.ok()),
				arrives("503 with Retry-After: 0", 2, Reply.status(503).header("Retry-After", "0"), Reply.ok()),
				arrives("429 once", 2, busy, Reply.ok()),
				arrives("429 with seconds", 2, busy.header("Retry-After", "0"), Reply.ok()),
				arrives("429 with a date", 2, busy.header("Retry-After", PAST), Reply.ok()),
				arrives("429 with RateLimit", 2, busy.header("RateLimit", "\"resolvers\";r=0;t=0"), Reply.ok()),
				arrives("all other connections get 503 at once", 0, Reply.ok(), Reply.status(503), Reply.status(503),
						Reply.status(503), Reply.ok())
					.only(Shape.SEVERAL_SEGMENTS)
					.atOnce(),
				fails("500 for ever", ErrorCode.TRANSFER, "answered 500", 3, Reply.status(500)),
				fails("503 for ever", ErrorCode.TRANSFER, "answered 503", 3, Reply.status(503)),
				fails("429 for ever", ErrorCode.TRANSFER, "answered 429", 3, busy),
				fails("429 for an hour", ErrorCode.TRANSFER, "asks for a pause of 3600 s", 1,
						busy.header("Retry-After", "3600")),
				fails("429 for aeons", ErrorCode.TRANSFER, "asks for a pause", 1,
						busy.header("Retry-After", "9223372036854775807")),
				fails("429 with RateLimit for an hour", ErrorCode.TRANSFER, "asks for a pause of 3601 s", 1,
						busy.header("RateLimit", "\"resolvers\";r=0;t=3600")),
				fails("503 for an hour", ErrorCode.TRANSFER, "asks for a pause", 1,
						Reply.status(503).header("Retry-After", "3600")));
	}

	private List<FaultRow> refusals() {
		return List.of(fails("404", ErrorCode.NOT_FOUND, "answered 404", 2, Reply.status(404)),
				fails("410", ErrorCode.NOT_FOUND, "answered 410", 2, Reply.status(410)),
				fails("401", ErrorCode.ACCESS_DENIED, "answered 401", 1, Reply.status(401)),
				fails("403", ErrorCode.ACCESS_DENIED, "answered 403", 2, Reply.status(403)),
				fails("400", ErrorCode.TRANSFER, "answered 400", 2, Reply.status(400)),
				fails("204", ErrorCode.TRANSFER, "answered 204", 3, Reply.status(204)),
				fails("304", ErrorCode.TRANSFER, "answered 304", 3, Reply.status(304)),
				fails("403 half way", ErrorCode.TRANSFER, "answered 403", 4, Reply.ok().cutAfter(HALF),
						Reply.status(403))
					.only(Shape.ONE_STREAM));
	}

	private List<FaultRow> redirects() {
		return List.of(arrives("redirect", 2, Reply.redirect(302, "/model.gguf"), Reply.ok()),
				fails("redirect loop", ErrorCode.TRANSFER, "redirects more than 5 times", 12,
						Reply.redirect(302, "/model.gguf")),
				fails("redirect to nowhere", ErrorCode.TRANSFER, "redirects", 2, Reply.redirect(302, "ftp://host/x")),
				fails("redirect without a word", ErrorCode.TRANSFER, "without a Location header", 2, Reply.status(302)),
				fails("redirect to what is no URL", ErrorCode.TRANSFER, "redirects to an invalid URL", 2,
						Reply.redirect(302, "http://[")),
				fails("choices", ErrorCode.TRANSFER, "answered 300", 3, Reply.status(300)));
	}

	private List<FaultRow> stated() {
		String wrong = represented(this.other);
		return List.of(arrives("right digest stated", 1, Reply.ok().header("Repr-Digest", represented(this.content))),
				arrives("nonsense stated", 1, Reply.ok().header("Repr-Digest", "sha-256=:AAAA:, sha-512=?1")),
				arrives("digest of the part stated", 1, Reply.ok().header("Content-Digest", wrong)),
				arrives("another digest stated once", 2, Reply.ok().header("Repr-Digest", wrong), Reply.ok()),
				fails("another digest stated", ErrorCode.INTEGRITY, "states the digest", 4,
						Reply.ok().header("Repr-Digest", wrong)),
				fails("another digest linked", ErrorCode.INTEGRITY, "states the digest", 4,
						Reply.ok().header("X-Linked-ETag", "\"" + this.other.sha256().hex() + "\"")),
				arrives("another digest stated", 1, Reply.ok().header("Repr-Digest", wrong)).withoutDigest());
	}

	private static String represented(Content content) {
		byte[] value = HexFormat.of().parseHex(content.sha256().hex());
		return "md5=:AAAA:, sha-256=:" + Base64.getEncoder().encodeToString(value) + ":";
	}

}
