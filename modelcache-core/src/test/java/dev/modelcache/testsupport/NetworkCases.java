/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.Zstd;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelCacheException.ErrorCode;

import static dev.modelcache.testsupport.NetworkCase.PATH;
import static dev.modelcache.testsupport.NetworkCase.always;
import static dev.modelcache.testsupport.NetworkCase.answering;
import static dev.modelcache.testsupport.NetworkCase.first;
import static dev.modelcache.testsupport.NetworkCase.server;

/**
 * The ways of servers, caches and proxies with a file: those in which some tool brings
 * it, and those in which none should.
 */
public final class NetworkCases {

	private static final int MIB = 1 << 20;

	private final Content content;

	private final long size;

	private final long half;

	/**
	 * Creates the cases.
	 * @param content what is served; a {@link #model}
	 */
	public NetworkCases(Content content) {
		this.content = content;
		this.size = content.size();
		this.half = this.size / 2;
	}

	/**
	 * Returns a GGUF with one tensor of noise.
	 * @param bytes about how many
	 * @return the content
	 */
	public static Content model(int bytes) {
		GgufFile file = GgufFile.tiny().tensor(0, bytes / 4 / 32 * 32);
		byte[] zeros = file.bytes();
		byte[] header = new byte[zeros.length - bytes / 4 / 32 * 32 * 4];
		System.arraycopy(zeros, 0, header, 0, header.length);
		return Content.random(zeros.length, 7).startingWith(header);
	}

	/** Returns all cases. */
	public Stream<NetworkCase> all() {
		return Stream.concat(ofAnswers(), ofTransfers());
	}

	/** Returns what an answer may be like, for which two of them are enough. */
	public Stream<NetworkCase> ofAnswers() {
		return Stream
			.of(answers(), heads(), interim(), lengths(), contentRanges(), codings(), compressed(), types(),
					redirects())
			.flatMap(List::stream);
	}

	/** Returns what may happen to several connections. */
	public Stream<NetworkCase> ofTransfers() {
		return Stream
			.of(ranges(), otherRanges(), noSuchRanges(), wholeFilesOnly(), brokenRanges(), partsToAll(), versions(),
					connections(), breaks(), endless(), damaged(), busy(), surplus(), proxies())
			.flatMap(List::stream);
	}

	private List<NetworkCase> answers() {
		return List.of(always("well-behaved", Reply.ok()),
				always("status line without a reason", Reply.ok().head((head) -> head.replace(" Status\r\n", "\r\n"))),
				always("status line with a blank and no reason",
						Reply.ok().head((head) -> head.replace(" Status\r\n", " \r\n"))),
				always("lower-case header names", Reply.ok().head(NetworkCases::lowerCase)),
				always("header without a blank behind the colon", Reply.ok().head((head) -> head.replace(": ", ":"))),
				always("blanks around header values",
						Reply.ok().head((head) -> head.replace(": ", ":   ").replaceAll("(?m)(: .*)\r$", "$1  \r"))),
				always("folded header", Reply.ok().header("X-Folded", "one\r\n two")),
				always("empty header value", Reply.ok().header("X-Empty", "")),
				always("header value beyond ASCII", Reply.ok().header("X-Name", "caf\u00e9")),
				always("Connection: close", Reply.ok().header("Connection", "close")),
				answering("403 for unknown robots",
						() -> (request) -> String.valueOf(request.header("User-Agent")).startsWith("modelcache")
								? Reply.ok() : Reply.status(403)),
				always("Keep-Alive header", Reply.ok().header("Keep-Alive", "timeout=5, max=100")));
	}

	private static String lowerCase(String head) {
		return head.lines()
			.map((line) -> line.startsWith("HTTP") ? line : line.toLowerCase(java.util.Locale.ROOT))
			.reduce("", (all, line) -> all + line + "\r\n");
	}

	private static List<NetworkCase> heads() {
		return List.of(
				always("header lines that end with a bare LF", Reply.ok().head((head) -> head.replace("\r\n", "\n"))),
				always("a header line that ends with a bare LF", Reply.ok().header("X-One", "a\nX-Two: b")),
				always("blank before the colon", Reply.ok().head((head) -> head.replace(": ", " : "))),
				always("header line without a colon", Reply.ok().header("X-One", "a\r\nnonsense")),
				always("header name with a bracket", Reply.ok().header("X-[One]", "a")),
				always("header without a name", Reply.ok().header("", "a")),
				always("control character in a header", Reply.ok().header("X-One", "a\u0001b")),
				always("folded first header", Reply.ok().head((head) -> head.replaceFirst("\r\n", "\r\n folded\r\n"))),
				always("lower-case protocol", Reply.ok().head((head) -> head.replace("HTTP/", "http/"))),
				always("blanks in the status line", Reply.ok().head((head) -> head.replaceFirst(" ", "   "))),
				always("HTTP/1.0", Reply.ok().head((head) -> head.replace("HTTP/1.1", "HTTP/1.0"))),
				always("HTTP/1.01", Reply.ok().head((head) -> head.replace("HTTP/1.1", "HTTP/1.01"))),
				always("no blank behind the status", Reply.ok().head((head) -> head.replace(" Status", "OK"))),
				always("line ends with two carriage returns",
						Reply.ok().head((head) -> head.replace("\r\n", "\r\r\n"))),
				withStatus(201), withStatus(226), withStatus(299),
				always("HTTP/1.0 in chunks",
						Reply.ok().ignoringRange().chunked().head((head) -> head.replace("HTTP/1.1", "HTTP/1.0"))),
				always("9 KB of headers", Reply.ok().header("X-Long", "x".repeat(9000))),
				always("64 KB in one header", Reply.ok().header("X-Long", "x".repeat(64 << 10))),
				always("200 KB of headers", Reply.ok().head((head) -> addLines(head, 2000))),
				always("4 MB of headers", Reply.ok().head((head) -> addLines(head, 40_000))).fails(ErrorCode.TRANSFER,
						"more than 300 KiB of headers (1 failed request)"));
	}

	/** RFC 9110, section 15: what is not known counts as 200. */
	private static NetworkCase withStatus(int status) {
		return always(status + " with the file",
				Reply.ok().ignoringRange().head((head) -> head.replaceFirst("200", String.valueOf(status))));
	}

	private static String addLines(String head, int lines) {
		return head.replaceFirst("\r\n", "\r\n" + ("X-Long: " + "x".repeat(90) + "\r\n").repeat(lines));
	}

	private static List<NetworkCase> interim() {
		String link = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
		return List.of(
				always("100 before the response", Reply.ok().head((head) -> "HTTP/1.1 100 Continue\r\n\r\n" + head)),
				always("102 before the response", Reply.ok().head((head) -> "HTTP/1.1 102 Processing\r\n\r\n" + head)),
				always("103 before the response", Reply.ok().head((head) -> link + head)),
				always("100 and 103 before the response",
						Reply.ok().head((head) -> "HTTP/1.1 100 Continue\r\n\r\n" + link + head)),
				always("103 with a length before the response",
						Reply.ok().head((head) -> "HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\n" + head)),
				always("199 before the response", Reply.ok().head((head) -> "HTTP/1.1 199 Odd\r\n\r\n" + head)),
				always("103 a thousand times before the response", Reply.ok().head((head) -> link.repeat(1000) + head)),
				always("103 before a redirect", Reply.redirect(302, "/f/m.gguf").head((head) -> link + head))
					.fails(ErrorCode.NOT_FOUND, "404"),
				always("1xx for ever", Reply.ok().head((head) -> link.repeat(50_000) + head)).fails(ErrorCode.TRANSFER,
						"more than 300 KiB of headers"));
	}

	private List<NetworkCase> lengths() {
		return List.of(always("chunks, no ranges", Reply.ok().ignoringRange().chunked()),
				always("chunks, no ranges", Reply.ok().ignoringRange().chunked()).withoutDigest(),
				always("chunked ranges", Reply.ok().chunked()),
				always("no length, no ranges, connection closed", Reply.ok().ignoringRange().withoutLength()),
				always("no ranges", Reply.ok().ignoringRange()),
				always("no ranges", Reply.ok().ignoringRange()).withoutDigest(),
				always("no ranges, no validator", Reply.ok().ignoringRange().etag("")).withoutDigest(),
				always("two equal Content-Length lines",
						Reply.ok().head((head) -> head.replaceAll("(Content-Length: \\d+\r\n)", "$1$1"))),
				always("Content-Length: n, n",
						Reply.ok().head((head) -> head.replaceAll("(Content-Length: )(\\d+)", "$1$2, $2"))),
				always("two different Content-Length lines",
						Reply.ok()
							.head((head) -> head.replaceAll("(Content-Length: \\d+)", "Content-Length: 17\r\n$1")))
					.fails(ErrorCode.TRANSFER, "states two different lengths, 17 and "),
				length("$1;"), length("$1 bytes"), length("+$1"), length("000$1"),
				always("Content-Length and chunks", Reply.ok().chunked().header("Content-Length", "17")),
				always("Content-Length and chunks, no ranges",
						Reply.ok().ignoringRange().chunked().header("Content-Length", "17"))
					.withoutDigest(),
				always("two lengths and chunks",
						Reply.ok().chunked().header("Content-Length", "17").header("Content-Length", "18")),
				always("chunked twice", Reply.ok().chunked().header("Transfer-Encoding", "chunked")),
				chunks("with extensions", "%x;name=\"value; 5\"\r\n", "\r\n", "0\r\n\r\n"),
				chunks("with zeros before and blanks behind their size", "000%X  \r\n", "\r\n", "000\r\n\r\n"),
				chunks("whose lines end with a bare LF", "%x\n", "\n", "0\n\n"),
				chunks("with trailers", "%x\r\n", "\r\n", "0\r\nX-Sum: a\r\nContent-Length: 5\r\n\r\n"),
				chunks("with trailers", "%x\r\n", "\r\n", "0\r\nX-Sum: a\r\nContent-Length: 5\r\n\r\n").withoutDigest(),
				server("Transfer-Encoding: gzip, chunked", NetworkCases::transferredInGzip),
				server("Transfer-Encoding: gzip, chunked", NetworkCases::transferredInGzip).withoutDigest(),
				always("Transfer-Encoding: gzip of bytes that are not encoded, with their length",
						Reply.ok().header("Transfer-Encoding", "gzip")),
				always("Transfer-Encoding: gzip of bytes that are not encoded, with their length",
						Reply.ok().header("Transfer-Encoding", "gzip"))
					.withoutDigest(),
				server("Transfer-Encoding: gzip, with a length",
						(server, content) -> server.always(PATH,
								Reply.status(200).body(Content.of(gzip(content))).header("Transfer-Encoding", "gzip"))),
				always("Transfer-Encoding: binary", Reply.ok().header("Transfer-Encoding", "binary")),
				always("Transfer-Encoding: identity", Reply.ok().header("Transfer-Encoding", "identity")),
				always("Content-Length: -1, connection closed",
						Reply.ok().ignoringRange().withoutLength().header("Content-Length", "-1")),
				always("empty Content-Length, connection closed",
						Reply.ok().ignoringRange().withoutLength().header("Content-Length", "")));
	}

	private static NetworkCase length(String syntax) {
		return always("Content-Length: " + syntax.replace("$1", "n"),
				Reply.ok().head((head) -> head.replaceAll("(?<=Content-Length: )(\\d+)", syntax)));
	}

	/** Chunks of one byte first, and of 100,000 bytes then. */
	private static NetworkCase chunks(String how, String begin, String end, String last) {
		return chunks("chunks " + how, "", begin, end, last);
	}

	private static NetworkCase chunks(String name, String headers, String begin, String end, String last) {
		return server(name, (server, content) -> {
			byte[] all = content.bytes();
			ByteArrayOutputStream bytes = new ByteArrayOutputStream();
			bytes.writeBytes(ascii("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + headers + "\r\n"));
			for (int from = 0, length; from < all.length; from += length) {
				length = (from < 100) ? 1 : Math.min(100_000, all.length - from);
				bytes.writeBytes(ascii(String.format(begin, length)));
				bytes.write(all, from, length);
				bytes.writeBytes(ascii(end));
			}
			bytes.writeBytes(ascii(last));
			server.always(PATH, Reply.raw(bytes.toByteArray()));
		});
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.US_ASCII);
	}

	/** RFC 9112, section 7.2: curl decodes it, although it is not asked for. */
	private static void transferredInGzip(MisbehavingServer server, Content content) {
		server.always(PATH,
				Reply.status(200).body(Content.of(gzip(content))).chunked().header("Transfer-Encoding", "gzip"));
	}

	private List<NetworkCase> ranges() {
		return List.of(first("416 once", Reply.ok(), Reply.status(416)),
				always("Content-Range with the total unknown",
						Reply.ok().head((head) -> head.replaceAll("(Content-Range: bytes [0-9-]+)/[0-9]+", "$1/*"))),
				first("connection reset half way", Reply.ok().cutAfter(this.half)),
				first("connection reset half way", Reply.ok().cutAfter(this.half)).withoutDigest(),
				first("connection closed half way", Reply.ok().closeAfter(this.half)));
	}

	private List<NetworkCase> contentRanges() {
		return Stream
			.of("Bytes $1-$2/$3", "BYTES $1-$2/$3", "bytes=$1-$2/$3", "bytes:$1-$2/$3", "bytes: $1-$2/$3", "$1-$2/$3",
					"bytes $1 - $2 / $3", "bytes  $1-$2/$3", "bytes $1-$2/$3;", "bytes = $1-$2/$3 ;")
			.map((syntax) -> always("Content-Range: " + syntax.replaceAll("[$](.)", "$1"), contentRange(syntax)))
			.flatMap((written) -> Stream.of(written, written.again().withoutDigest()))
			.toList();
	}

	/** The last byte of a range is taken for the one behind it, as scripts do. */
	private static void endingEarly(MisbehavingServer server, Content content) {
		server.answer(PATH, (request) -> {
			String range = request.range();
			if (range == null || range.endsWith("-")) {
				return Reply.ok();
			}
			String[] bounds = range.substring("bytes=".length()).split("-");
			int start = Integer.parseInt(bounds[0]);
			int end = (int) Math.min(content.size(), Integer.parseInt(bounds[1]));
			String total = "/" + content.size();
			return (start >= end) ? Reply.status(416).header("Content-Range", "bytes *" + total)
					: Reply.status(206)
						.header("Content-Range", "bytes " + start + "-" + (end - 1) + total)
						.body(Content.of(Arrays.copyOfRange(content.bytes(), start, end)));
		});
	}

	private static Reply contentRange(String syntax) {
		return Reply.ok().head((head) -> head.replaceAll("(?<=Content-Range: )bytes (\\d+)-(\\d+)/(\\d+)", syntax));
	}

	private List<NetworkCase> otherRanges() {
		Reply wholeRange = contentRange("bytes 0-" + (this.size - 1) + "/$3");
		Reply without = Reply.ok().head((head) -> head.replaceAll("Content-Range: .*\r\n", ""));
		Reply parts = Reply.ok()
			.head((head) -> head.replaceAll("Content-Range: .*", "Content-Type: multipart/byteranges; boundary=b"));
		Reply unknown = contentRange("bytes $1-$2/*").cappingOpenRange(MIB);
		Reply wrongStatus = Reply.ok().head((head) -> head.replaceFirst(" 206 ", " 200 "));
		return Stream
			.of(always("206 without Content-Range", without), always("206 with several parts", parts),
					always("206 with the Content-Range of the whole file", wholeRange),
					always("206 with the Content-Range of the whole file, chunked", wholeRange.chunked()),
					always("Content-Range: nonsense", contentRange("bytes all/of-it")),
					always("Content-Range without a total", contentRange("bytes $1-$2")),
					always("206 without a length", Reply.ok().withoutLength()),
					always("ranges go on to the end of the file, in chunks", Reply.ok().wideningRange().chunked()),
					server("ranges end a byte early", NetworkCases::endingEarly),
					always("Content-Range without a range", contentRange("bytes */$3")),
					always("200 with a Content-Range", wrongStatus),
					always("200 with a Content-Range, broken each 1.5 MB", wrongStatus.closeAfter(1_500_000)),
					answering("403 to ranges that have an end",
							() -> (request) -> String.valueOf(request.range()).endsWith("-") || request.range() == null
									? Reply.ok() : Reply.status(403)),
					answering("Repr-Digest of the part",
							() -> (request) -> (request.range() == null) ? Reply.ok() : Reply.ok()
								.header("Repr-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")),
					always("Content-Range with another total", Reply.ok().wrongTotal(10)),
					always("Content-Range with a smaller total", Reply.ok().wrongTotal(-10)),
					always("ranges begin later", Reply.ok().shiftingRange(10)),
					always("ranges begin earlier", Reply.ok().shiftingRange(-10)),
					always("ranges go on to the end of the file", Reply.ok().wideningRange()),
					always("ranges of whole blocks of 64 KiB", Reply.ok().aligningRange(1 << 16)),
					always("ranges of whole blocks of 3,000,000 bytes", Reply.ok().aligningRange(3_000_000)),
					always("ranges of whole blocks larger than the file", Reply.ok().aligningRange(1 << 30)),
					always("open ranges are capped", Reply.ok().cappingOpenRange(MIB)),
					always("open ranges are capped, no validator", Reply.ok().etag("").cappingOpenRange(MIB)),
					always("open ranges are capped, weak validator", Reply.ok().etag("W/\"1\"").cappingOpenRange(MIB)),
					always("open ranges are capped, total unknown", unknown))
			.flatMap((given) -> Stream.of(given, given.again().withoutDigest()))
			.toList();
	}

	private List<NetworkCase> noSuchRanges() {
		Reply bare = Reply.status(416);
		Reply right = bare.header("Content-Range", "bytes */" + this.size);
		Reply whole = Reply.ok().ignoringRange();
		return List.of(first("416 twice", Reply.ok(), bare, bare),
				first("416 with the right total, once", Reply.ok(), right),
				first("416 with the right total, three times", Reply.ok(), right, right, right),
				first("416 to the first request", bare),
				first("416 to a resumed request", Reply.ok().closeAfter(this.half), bare),
				first("416 to a resumed request", Reply.ok().closeAfter(this.half), bare).withoutDigest(),
				ranged("416 with the right total to every range", right), ranged("416 to every range", bare),
				ranged("400 to every range", Reply.status(400)), ranged("405 to every range", Reply.status(405)),
				ranged("400 to every range", Reply.status(400)).withoutDigest(),
				ranged("403 to every range", Reply.status(403)),
				ranged("403 to every range", Reply.status(403)).withoutDigest(),
				ranged("redirect to itself for every range", Reply.redirect(302, PATH)),
				later("redirect to itself for every range but the first", Reply.redirect(302, PATH)),
				ranged("redirect without a Location for every range", Reply.status(302)),
				ranged("redirect to ftp for every range", Reply.redirect(302, "ftp://127.0.0.1/m.gguf")),
				ranged("every range is reset after 1,000 bytes", Reply.ok().cutAfter(1000)),
				ranged("every range is closed after 1,000 bytes", Reply.ok().closeAfter(1000)).withoutDigest(),
				ranged("every range stalls after 1,000 bytes", Reply.ok().stallAfter(1000))
					.download((options) -> options.stallTimeout(Duration.ofMillis(200))),
				ranged("404 to every range", Reply.status(404)), ranged("410 to every range", Reply.status(410)),
				behindARedirect("403 to every range behind a redirect", Reply.status(403)),
				later("400 to every range but the first", Reply.status(400)),
				later("403 to every range but the first", Reply.status(403)),
				later("403 to every range but the first", Reply.status(403)).withoutDigest(),
				later("404 to every range but the first", Reply.status(404)),
				later("410 to every range but the first", Reply.status(410)).withoutDigest(),
				answering("403 to the last range and to a request without a range", () -> (request) -> {
					boolean last = String.valueOf(request.range()).endsWith("-" + (this.size - 1));
					return (request.range() == null || last) ? Reply.status(403) : Reply.ok();
				}).fails(ErrorCode.ACCESS_DENIED, "answered 403"), later("416 to every range but the first", bare),
				answering("416 to every range but the first, 403 to a request without a range",
						() -> (request) -> (request.range() == null) ? Reply.status(403)
								: request.range().startsWith("bytes=0-") ? Reply.ok() : bare)
					.fails(ErrorCode.TRANSFER, "has no byte"),
				later("whole file to every range but the first", whole),
				later("whole file to every range but the first", whole).withoutDigest());
	}

	/** Answers requests with a range otherwise. */
	private static NetworkCase ranged(String name, Reply reply) {
		return answering(name, () -> (request) -> (request.range() != null) ? reply : Reply.ok());
	}

	/** Answers requests with a range otherwise, on another host than the first. */
	private static NetworkCase behindARedirect(String name, Reply reply) {
		return server(name,
				(server, content) -> server.serve("/f.gguf", content)
					.always(PATH, Reply.redirect(302, "http://localhost:" + server.port() + "/f.gguf"))
					.answer("/f.gguf", (request) -> (request.range() != null) ? reply : Reply.ok()));
	}

	/** Answers ranges that do not begin at the first byte otherwise. */
	private static NetworkCase later(String name, Reply reply) {
		return answering(name, () -> (request) -> {
			boolean first = request.range() == null || request.range().startsWith("bytes=0-");
			return first ? Reply.ok() : reply;
		});
	}

	private List<NetworkCase> codings() {
		return List.of(always("Content-Encoding: identity", Reply.ok().header("Content-Encoding", "identity")),
				always("empty Content-Encoding", Reply.ok().header("Content-Encoding", "")), coded("aws-chunked"),
				coded("aws-chunked").withoutDigest(), coded("binary"), coded("none"), coded("none").withoutDigest(),
				coded("identity,"), coded("8bit"), coded("7bit"), coded("utf-8"), coded("UTF-8").withoutDigest(),
				coded("application/octet-stream"), coded("unknown"), coded("aws-chunked,identity"),
				named("Content-Encoding: gzip on a .gz file, stored as it is", "gzip", "/m.gguf.gz"),
				named("Content-Encoding: x-gzip on a .gz file, stored as it is", "x-gzip", "/m.gguf.gz"),
				named("Content-Encoding: zstd on a .zst file, stored as it is", "zstd", "/m.gguf.zst"));
	}

	/** The file comes, but no part of it. */
	private List<NetworkCase> wholeFilesOnly() {
		return List.of(toRanges("500", Reply.status(500)), toRanges("501", Reply.status(501)),
				toRanges("RST", Reply.dropped()), toRanges("500", Reply.status(500)).withoutDigest());
	}

	/** Ranges fail in ways that say nothing about ranges. */
	private List<NetworkCase> brokenRanges() {
		Map<String, Reply> ways = new LinkedHashMap<>();
		ways.put("204", Reply.status(204));
		ways.put("304", Reply.status(304));
		ways.put("429", Reply.status(429));
		ways.put("511", Reply.status(511));
		ways.put("a page", Reply.html());
		ways.put("no HTTP", Reply.raw("nonsense\r\n\r\n"));
		ways.put("no body", Reply.ok().closeAfter(0));
		List<NetworkCase> cases = new ArrayList<>();
		ways.forEach((what, reply) -> {
			cases.add(toRanges(what, reply));
			cases.add(later(what + " to every range but the first", reply));
		});
		Reply whole = Reply.ok().ignoringRange().head((head) -> head.replaceFirst("200", "206"));
		cases.addAll(List.of(toRanges("a page", Reply.html()).withoutDigest(),
				later("a page to every range but the first", Reply.html()).withoutDigest(),
				later("500 to every range but the first", Reply.status(500)),
				later("500 to every range but the first", Reply.status(500)).withoutDigest(),
				later("RST to every range but the first", Reply.dropped()),
				always("206 of the whole file to all requests", whole),
				always("206 of the whole file to all requests", whole).withoutDigest()));
		return cases;
	}

	/** A part is not the file, whatever was requested and whatever it does not say. */
	private List<NetworkCase> partsToAll() {
		Reply first = Reply.status(206).body(Content.of(Arrays.copyOf(this.content.bytes(), MIB)));
		return Stream
			.of(always("a part without a total to all requests",
					first.header("Content-Range", "bytes 0-" + (MIB - 1) + "/*"))
				.fails(ErrorCode.TRANSFER, "sent a part of the file without stating the size of the file"),
					always("a part in chunks to all requests",
							first.chunked().header("Content-Range", "bytes 0-" + (MIB - 1) + "/" + this.size))
						.fails(ErrorCode.TRANSFER, " instead of all"),
					always("a part of the middle to all requests",
							first.chunked()
								.header("Content-Range", "bytes " + MIB + "-" + (2 * MIB - 1) + "/" + this.size))
						.fails(ErrorCode.TRANSFER, "sent bytes from " + MIB + " instead of bytes from 0"))
			.flatMap((given) -> Stream.of(given, given.again().withoutDigest()))
			.map((given) -> given.cache((builder) -> builder.verifyFormat(FormatVerification.OFF)))
			.toList();
	}

	private static NetworkCase toRanges(String what, Reply reply) {
		return answering(what + " to every range",
				() -> (request) -> (request.range() != null) ? reply : Reply.ok().ignoringRange());
	}

	private List<NetworkCase> compressed() {
		UnaryOperator<Content> gzip = (content) -> Content.of(gzip(content));
		return List.of(server("sends gzip whatever it is asked for", NetworkCases::compressing),
				server("sends gzip whatever it is asked for", NetworkCases::compressing).withoutDigest(),
				answering("sends gzip where Accept-Encoding is present", () -> (request) -> {
					boolean said = request.header("Accept-Encoding") != null;
					return said ? Reply.ok().header("Content-Encoding", "gzip") : Reply.ok();
				}),
				answering("406 to Accept-Encoding: identity",
						() -> (request) -> (request.header("Accept-Encoding") != null) ? Reply.status(406)
								: Reply.ok()),
				always("says gzip of bytes that are not encoded", Reply.ok().header("Content-Encoding", "gzip")),
				always("says gzip of bytes that are not encoded", Reply.ok().header("Content-Encoding", "gzip"))
					.withoutDigest(),
				server("says gzip of a .gz file under another name", NetworkCases::compressing).expecting(gzip)
					.cache((builder) -> builder.verifyFormat(FormatVerification.OFF)),
				server("gzip of two members", NetworkCases::inTwoMembers),
				server("gzip of two members", NetworkCases::inTwoMembers).withoutDigest(),
				server("gzip that ends early", (server, content) -> {
					byte[] half = Arrays.copyOf(gzip(content), gzip(content).length / 2);
					server.always(PATH, encoded("gzip", Content.of(half)));
				}).fails(ErrorCode.TRANSFER, "before the end of its gzip data"),
				server("gzip that is damaged", (server, content) -> {
					byte[] damaged = gzip(content);
					damaged[damaged.length / 2] ^= 0x55;
					server.always(PATH, encoded("gzip", Content.of(damaged)));
				}).fails(ErrorCode.TRANSFER, "broken gzip data"),
				server("sends zstd whatever it is asked for", NetworkCases::inTwoFrames),
				server("sends zstd whatever it is asked for", NetworkCases::inTwoFrames).withoutDigest(),
				always("says zstd of bytes that are not encoded", Reply.ok().header("Content-Encoding", "zstd")),
				server("zstd that ends early", (server, content) -> {
					byte[] all = Zstd.compress(content.bytes());
					server.always(PATH, encoded("zstd", Content.of(Arrays.copyOf(all, all.length / 2))));
				}).fails(ErrorCode.TRANSFER, "before the end of its zstd data"),
				server("zstd that is damaged", (server, content) -> {
					byte[] all = Zstd.compress(content.bytes());
					Arrays.fill(all, 4, 20, (byte) 0xff);
					server.always(PATH, encoded("zstd", Content.of(all)));
				}).fails(ErrorCode.TRANSFER, "broken zstd data"),
				answering("sends br where Accept-Encoding is present", () -> (request) -> {
					boolean said = request.header("Accept-Encoding") != null;
					return said ? encoded("br", Content.random(this.size / 2, 5)) : Reply.ok();
				}), always("says br of bytes that are not encoded", Reply.ok().header("Content-Encoding", "br")),
				chunks("says br of bytes that are not encoded and come one by one", "Content-Encoding: br\r\n",
						"%x\r\n", "\r\n", "0\r\n\r\n"),
				always("says deflate of bytes that are not encoded", Reply.ok().header("Content-Encoding", "deflate"))
					.withoutDigest(),
				labelled("gzip, gzip"), labelled("aws-chunked, gzip"), labelled("br, gzip").withoutDigest(),
				server("says br of bytes of no known format",
						(server, content) -> server.always("/m.bin", encoded("br", noise(content))))
					.at("/m.bin")
					.expecting(NetworkCases::noise),
				always("sends br whatever it is asked for", encoded("br", Content.random(this.size / 2, 5)))
					.fails(ErrorCode.TRANSFER, "sent the content encoding br, which was not requested"),
				server("sends br of a file of no known format",
						(server, content) -> server.always("/m.bin", encoded("br", Content.random(this.size / 2, 5))))
					.at("/m.bin")
					.fails(ErrorCode.TRANSFER, "sent the content encoding br, which was not requested"));
	}

	private static NetworkCase labelled(String codings) {
		return always("says " + codings + " of bytes that are not encoded",
				Reply.ok().header("Content-Encoding", codings));
	}

	private static Content noise(Content content) {
		return Content.random(content.size(), 6);
	}

	private static void inTwoFrames(MisbehavingServer server, Content content) {
		byte[] all = content.bytes();
		ByteArrayOutputStream frames = new ByteArrayOutputStream();
		frames.writeBytes(Zstd.compress(Arrays.copyOf(all, all.length - 100)));
		frames.writeBytes(Zstd.compress(Arrays.copyOfRange(all, all.length - 100, all.length)));
		server.always(PATH, encoded("zstd", Content.of(frames.toByteArray())));
	}

	private static void compressing(MisbehavingServer server, Content content) {
		server.always(PATH, encoded("gzip", Content.of(gzip(content))));
	}

	private static void inTwoMembers(MisbehavingServer server, Content content) {
		byte[] all = content.bytes();
		ByteArrayOutputStream members = new ByteArrayOutputStream();
		// The second one fits in the last packet of the first.
		members.writeBytes(gzip(Content.of(Arrays.copyOf(all, all.length - 100))));
		members.writeBytes(gzip(Content.of(Arrays.copyOfRange(all, all.length - 100, all.length))));
		server.always(PATH, encoded("gzip", Content.of(members.toByteArray())));
	}

	private static Reply encoded(String coding, Content content) {
		return Reply.status(200).body(content).header("Content-Encoding", coding);
	}

	private static byte[] gzip(Content content) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
			gzip.write(content.bytes());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return bytes.toByteArray();
	}

	private static NetworkCase coded(String coding) {
		return always("Content-Encoding: " + coding, Reply.ok().header("Content-Encoding", coding));
	}

	/** The name at the end of a redirect counts, too. */
	private static NetworkCase named(String name, String coding, String path) {
		return server(name,
				(server, content) -> server.serve(path, content)
					.always(path, Reply.ok().header("Content-Encoding", coding))
					.always(PATH, Reply.redirect(302, path)));
	}

	private List<NetworkCase> types() {
		Reply text = Reply.status(200).header("Content-Type", "text/plain").body("Service busy, try again later.\n");
		Reply page = Reply.status(200)
			.header("Content-Type", "application/octet-stream")
			.body("<!DOCTYPE html><title>Log in</title>");
		return List.of(always("Content-Type: text/plain", Reply.ok().header("Content-Type", "text/plain")),
				always("Content-Type: text/plain", Reply.ok().header("Content-Type", "text/plain")).withoutDigest(),
				always("Content-Type: nonsense", Reply.ok().header("Content-Type", "nonsense")),
				always("empty Content-Type", Reply.ok().header("Content-Type", "")), typed("text/html"),
				typed("text/html").withoutDigest(), typed("text/html; charset=utf-8"), typed("application/xhtml+xml"),
				typed("multipart/form-data"), typed("multipart/form-data; boundary=x").withoutDigest(),
				typed("multipart/mixed"), typed("text/plain; charset=utf-8"), typed("application/json"),
				always("Content-Type: text/html, no ranges, no length",
						Reply.ok().ignoringRange().chunked().header("Content-Type", "text/html"))
					.withoutDigest(),
				first("login page once", Reply.html()), first("login page once", Reply.html()).withoutDigest(),
				first("login page once in the middle", Reply.ok(), Reply.html()),
				first("login page once in the middle", Reply.ok(), Reply.html()).withoutDigest(),
				first("login page in the middle three times", Reply.ok(), Reply.html(), Reply.html(), Reply.ok(),
						Reply.html()),
				first("text once in the middle", Reply.ok(), text),
				first("text once in the middle", Reply.ok(), text).withoutDigest(),
				first("text in chunks once in the middle", Reply.ok(), text.chunked()),
				first("text in chunks once in the middle", Reply.ok(), text.chunked()).withoutDigest(),
				first("HTML of another type once in the middle", Reply.ok(), page.chunked()),
				first("HTML of another type once in the middle", Reply.ok(), page.chunked()).withoutDigest(),
				always("script of a security gateway",
						Reply.status(200)
							.header("Content-Type", "application/javascript; charset=utf-8")
							.body("window.location = '/blocked';\nmore();\n"))
					.fails(ErrorCode.FORMAT,
							"sent a text that begins with \"window.location = '/blocked';\""
									+ " instead of a model (Content-Type: application/javascript)"),
				always("text of a security gateway",
						Reply.status(200)
							.header("Content-Type", "text/plain")
							.body("\n  Access to this category of sites is blocked by your company.\n"))
					.withoutDigest()
					.fails(ErrorCode.FORMAT, "begins with \"Access to this category of sites is blocked"),
				always("JSON with status 200",
						Reply.status(200)
							.header("Content-Type", "application/json")
							.body("{\"error\": \"quota exceeded\"}"))
					.fails(ErrorCode.FORMAT, "quota exceeded"),
				first("text of a security gateway once", Reply.status(200).body("Access to this site is blocked.\n")),
				always("203", Reply.ok().ignoringRange().head((head) -> head.replaceFirst("200", "203"))),
				always("203", Reply.ok().ignoringRange().head((head) -> head.replaceFirst("200", "203")))
					.withoutDigest(),
				always("200 of a transforming proxy",
						Reply.ok()
							.ignoringRange()
							.header("Warning", "214 proxy \"Transformation applied\"")
							.header("Via", "1.1 proxy")),
				always("login page for ever", Reply.html()).fails(ErrorCode.FORMAT, "HTML"),
				always("login page for ever", Reply.html()).withoutDigest().fails(ErrorCode.FORMAT, "HTML"));
	}

	private static NetworkCase typed(String type) {
		return always("Content-Type: " + type, Reply.ok().header("Content-Type", type));
	}

	private List<NetworkCase> redirects() {
		return List.of(redirected("absolute", "{origin}/f/m.gguf"), redirected("absolute path", "/f/m.gguf"),
				redirected("relative path", "f/m.gguf"), redirected("network path", "//{authority}/f/m.gguf"),
				redirected("with percent-encoding", "/f/a%20b/m.gguf"), redirected("with a query", "/f/m.gguf?a=b&c=d"),
				redirected("with a fragment", "/f/m.gguf#part"),
				redirected("with raw UTF-8", "/f/mod\u00c3\u00a8le/m.gguf"), redirected("with blanks", "/f/a b/m.gguf"),
				redirected("with blanks and quotes in the query", "/f/m.gguf?a=\"b c\""),
				redirected("with braces and brackets", "/f/{a}[b]/m.gguf"),
				redirected("with a lone %", "/f/100%/m.gguf"), redirected("with a backslash", "/f\\a\\m.gguf"),
				redirected("with ^, ` and |", "/f/a^b`c|d/m.gguf"),
				redirected("with | in the query", "/f/m.gguf?a=b|c"),
				redirected("with <> and quotes", "/f/<a>\"b\"/m.gguf"),
				redirected("with an upper-case scheme", "HTTP://{authority}/f/m.gguf"),
				redirected("with blanks around it", "  /f/m.gguf  "), redirected("with a tab in it", "/f/\tm.gguf"),
				redirected("with one slash behind the scheme", "http:/f/m.gguf"),
				redirected("with dots", "/a/../f/./m.gguf"),
				redirected("of 12 KB", "/f/m.gguf?token=" + "x".repeat(12_000)),
				redirected("of 16 KB in the path", "/f/" + "x".repeat(16_000) + "/m.gguf"),
				answering("Location: query alone",
						() -> (request) -> (request.query() != null) ? Reply.ok() : Reply.redirect(302, "?a=b")),
				answering("300 with a Location",
						() -> (request) -> (request.query() != null) ? Reply.ok() : Reply.redirect(300, "?a=b")),
				answering("302 with 9 KB of headers",
						() -> (request) -> (request.query() != null) ? Reply.ok()
								: Reply.redirect(302, PATH + "?a=b").header("X-Long", "x".repeat(9000))),
				redirected("with user-info", "//user:pass%40word@{authority}/f/m.gguf"),
				redirected("with an upper-case host", "//LOCALHOST:{port}/f/m.gguf"),
				redirected("with a percent-encoded host", "//%31%32%37.0.0.1:{port}/f/m.gguf"),
				redirectedBy("305", Reply.redirect(305, "/f/m.gguf")),
				redirectedBy("310", Reply.redirect(310, "/f/m.gguf")),
				redirectedBy("302 with two lengths",
						Reply.redirect(302, "/f/m.gguf").body("moved").header("Content-Length", "3")),
				redirectedBy("301", Reply.redirect(301, "/f/m.gguf")),
				redirectedBy("303", Reply.redirect(303, "/f/m.gguf")),
				redirectedBy("307", Reply.redirect(307, "/f/m.gguf")),
				redirectedBy("308", Reply.redirect(308, "/f/m.gguf")),
				redirectedBy("302 of which no length is known, and no end comes",
						Reply.redirect(302, "/f/m.gguf")
							.head((head) -> head.replaceAll("Content-Length: .*\r\n", ""))
							.stallAfter(0)),
				redirectedBy("302 whose body does not come",
						Reply.redirect(302, "/f/m.gguf").body("moved").stallAfter(0)),
				redirectedBy("302 whose body breaks", Reply.redirect(302, "/f/m.gguf").body("moved").cutAfter(2)),
				redirectedBy("302 with a body of 1 MB", Reply.redirect(302, "/f/m.gguf").body("x".repeat(1 << 20))),
				always("redirect to itself with a cookie", Reply.redirect(302, PATH).header("Set-Cookie", "a=b"))
					.fails(ErrorCode.TRANSFER, "redirects more than 20 times and requires a cookie"),
				always("redirect to itself", Reply.redirect(302, PATH)).fails(ErrorCode.TRANSFER,
						"redirects more than 20 times ("),
				always("redirect to ftp", Reply.redirect(302, "ftp://127.0.0.1/m.gguf")).fails(ErrorCode.TRANSFER,
						"redirects to a URL that is neither an https nor an http URL"),
				always("300 without a Location", Reply.status(300)).fails(ErrorCode.TRANSFER, "answered 300"),
				server("five redirects", (server, content) -> chain(server, content, 5)),
				server("15 redirects", (server, content) -> chain(server, content, 15)),
				server("20 redirects", (server, content) -> chain(server, content, 20)),
				always("redirect without a Location", Reply.status(302)).fails(ErrorCode.TRANSFER, "redirects"));
	}

	private static NetworkCase redirectedBy(String how, Reply reply) {
		return server(how, (server, content) -> server.serve("/f/", content).always(PATH, reply));
	}

	private static NetworkCase redirected(String how, String location) {
		return server("Location: " + how, (server, content) -> {
			String authority = "127.0.0.1:" + server.port();
			server.serve("/f/", content)
				.always(PATH,
						Reply.redirect(302,
								location.replace("{origin}", server.uri("").toString())
									.replace("{authority}", authority)
									.replace("{port}", String.valueOf(server.port()))));
		});
	}

	private static void chain(MisbehavingServer server, Content content, int length) {
		server.serve("/end.gguf", content);
		for (int i = 0; i < length; i++) {
			server.always((i == 0) ? PATH : "/" + i,
					Reply.redirect(302, (i == length - 1) ? "/end.gguf" : "/" + (i + 1)));
		}
	}

	private List<NetworkCase> versions() {
		return List.of(always("no ETag", Reply.ok().etag("")), always("weak ETag", Reply.ok().etag("W/\"1\"")),
				always("ETag without quotation marks", Reply.ok().etag("abc")),
				eachWithItsOwnETag("another ETag for each request", Reply.ok()),
				eachWithItsOwnETag("another ETag for each request, If-Range ignored", Reply.ok().ignoringIfRange()),
				lastPartWithItsOwnETag("another ETag for the last part", Reply.ok()), lastPartWithItsOwnETag(
						"another ETag for the last part, If-Range ignored", Reply.ok().ignoringIfRange()));
	}

	private static NetworkCase eachWithItsOwnETag(String name, Reply reply) {
		return answering(name, () -> {
			AtomicInteger number = new AtomicInteger();
			return (request) -> reply.etag("\"" + number.incrementAndGet() + "\"");
		});
	}

	private NetworkCase lastPartWithItsOwnETag(String name, Reply reply) {
		return answering(name, () -> (request) -> {
			boolean last = String.valueOf(request.range()).endsWith("-" + (this.size - 1));
			return last ? reply.etag("\"other\"") : reply;
		});
	}

	/** Connections that break again and again. */
	private List<NetworkCase> breaks() {
		Reply breaking = Reply.ok().closeAfter(1_500_000);
		Reply undated = breaking.etag("").head((head) -> head.replaceAll("Last-Modified: .*\r\n", ""));
		return List.of(always("connection closed each 1.5 MB", breaking),
				always("connection closed each 1.5 MB", breaking).withoutDigest(),
				always("connection closed each 1.5 MB, weak ETag", breaking.etag("W/\"1\"")).withoutDigest(),
				always("connection closed each 1.5 MB, no validator", undated).withoutDigest());
	}

	/** Files whose end nothing but their header tells. */
	private List<NetworkCase> endless() {
		Reply old = Reply.ok().ignoringRange().withoutLength().head((head) -> head.replace("HTTP/1.1", "HTTP/1.0"));
		Reply noise = Reply.status(200).body(Content.random(this.size, 3)).withoutLength();
		return List.of(always("HTTP/1.0 without a length", old),
				always("HTTP/1.0 without a length", old).withoutDigest(),
				always("no length, connection closed", Reply.ok().ignoringRange().withoutLength()).withoutDigest(),
				first("HTTP/1.0 without a length, cut once", old.closeAfter(this.half), old).withoutDigest(),
				first("HTTP/1.0 without a length, cut in the header", old.closeAfter(40), old).withoutDigest(),
				first("HTTP/1.0 without a length, reset once", old.cutAfter(this.half), old).withoutDigest(),
				always("HTTP/1.0 without a length, always cut", old.closeAfter(this.size - 1)).withoutDigest()
					.fails(ErrorCode.TRANSFER, "before the end that the file's header"),
				always("no length, and no header that gives one", noise).withoutDigest()
					.fails(ErrorCode.TRANSFER, "neither a length nor chunks"));
	}

	/** Ranges that are damaged on their way, though whole files are not. */
	private List<NetworkCase> damaged() {
		return List.of(damaged(1), damaged(2), damaged(3),
				wholeFilesRefused("400 to a request without a range, digest out of date")
					.request((request) -> request.expectedDigest(Content.random(this.size, 4).sha256()))
					.fails(ErrorCode.INTEGRITY, "out of date"),
				wholeFilesRefused("400 to a request without a range"));
	}

	private NetworkCase damaged(int attempts) {
		return ranged("ranges are damaged, " + attempts + " attempts", Reply.ok().flipped(this.half))
			.request((request) -> request.maxAttempts(attempts));
	}

	private static NetworkCase wholeFilesRefused(String name) {
		return answering(name, () -> (request) -> (request.range() == null) ? Reply.status(400) : Reply.ok());
	}

	/** Hosts that serve so many connections and no more. */
	private List<NetworkCase> surplus() {
		Map<String, Supplier<Reply>> refusals = new LinkedHashMap<>();
		refusals.put("400", () -> Reply.status(400));
		refusals.put("403", () -> Reply.status(403));
		refusals.put("429", () -> Reply.status(429));
		refusals.put("429 and Retry-After", () -> Reply.status(429).header("Retry-After", "3600"));
		refusals.put("500", () -> Reply.status(500));
		refusals.put("503", () -> Reply.status(503));
		refusals.put("503 and Retry-After", () -> Reply.status(503).header("Retry-After", "120"));
		refusals.put("a reset", Reply::dropped);
		refusals.put("an end without an answer", () -> Reply.raw(""));
		refusals.put("a web page", Reply::html);
		return refusals.entrySet()
			.stream()
			.flatMap((refusal) -> IntStream.of(1, 3)
				.mapToObj((most) -> limited("more than " + most + " connections get " + refusal.getKey(), most,
						refusal.getValue())))
			.toList();
	}

	private List<NetworkCase> connections() {
		return List.of(first("reset before the answer, once", Reply.dropped()),
				first("closed before the answer, once", Reply.raw("")),
				first("illegal HTTP once", Reply.raw("nonsense\r\n\r\n")), onSecondRequest("reset", Reply.dropped()),
				onSecondRequest("closed", Reply.raw("")), onSecondRequest("reset", Reply.dropped()).tls(),
				onSecondRequest("answered with 408", Reply.status(408).header("Connection", "close")),
				onSecondRequest("closed", Reply.raw("")).tls(), onSecondRequest("answered with 500", Reply.status(500)),
				onSecondRequest("answered with 500", Reply.status(500)).tls(),
				onSecondRequest("reset", Reply.dropped()).withoutDigest(),
				onFirstConnectionAlone("reset", Reply.dropped()), onFirstConnectionAlone("closed", Reply.raw("")),
				onFirstConnectionAlone("reset", Reply.dropped()).withoutDigest(),
				onFirstConnectionAlone("answered with 503", Reply.status(503)).withoutDigest(),
				onFirstConnectionAlone("reset", Reply.dropped()).tls(),
				stormy("two of three connections are reset", Reply.dropped()),
				stormy("two of three connections are closed", Reply.raw("")),
				stormy("two of three answers are 503", Reply.status(503)),
				always("reset for ever", Reply.dropped()).request((request) -> request.maxAttempts(1))
					.fails(ErrorCode.TRANSFER, "broke the connection before it answered (1 failed request)"));
	}

	/** As long as the server runs. */
	private static NetworkCase onFirstConnectionAlone(String what, Reply reply) {
		return answering("every connection but the first is " + what, () -> {
			Set<Integer> served = ConcurrentHashMap.newKeySet();
			return (request) -> {
				synchronized (served) {
					boolean first = served.isEmpty() ? served.add(request.connection())
							: served.contains(request.connection());
					return first ? Reply.ok().throttled(20 << 20) : reply;
				}
			};
		});
	}

	/** Of the connections that are served, each brings a piece and breaks. */
	private static NetworkCase stormy(String name, Reply reply) {
		return answering(name, () -> {
			AtomicInteger count = new AtomicInteger();
			return (request) -> (count.getAndIncrement() % 3 == 0) ? Reply.ok().cutAfter(MIB / 2) : reply;
		});
	}

	/** Which is no failed request. */
	private static NetworkCase onSecondRequest(String what, Reply reply) {
		return answering("connection " + what + " on its second request, one attempt", () -> {
			Set<Integer> known = ConcurrentHashMap.newKeySet();
			return (request) -> known.add(request.connection()) ? Reply.ok() : reply;
		}).request((request) -> request.maxAttempts(1));
	}

	private List<NetworkCase> proxies() {
		String odd = "HTTP/1.1 201 Created\nX-Long: " + "x".repeat(20_000) + "\n\n";
		return List.of(always("through a proxy", Reply.ok()).through(ConnectProxy::tunnelling),
				always("through a proxy", Reply.ok()).through(ConnectProxy::tunnelling).withoutDigest(),
				always("through a proxy", Reply.ok()).through(ConnectProxy::tunnelling).tls(),
				always("through a proxy that answers 201 with 20 KB of headers and bare LF", Reply.ok())
					.through((port) -> ConnectProxy.tunnelling(port, odd))
					.tls(),
				first("through a proxy, connection reset half way", Reply.ok().cutAfter(this.half))
					.through(ConnectProxy::tunnelling)
					.tls(),
				always("404 through a proxy", Reply.status(404)).through(ConnectProxy::tunnelling)
					.fails(ErrorCode.NOT_FOUND, "404"));
	}

	private List<NetworkCase> busy() {
		return List.of(
				answering("412 to If-Range",
						() -> (request) -> (request.header("If-Range") != null) ? Reply.status(412) : Reply.ok()),
				answering("412 to If-Range after a break", () -> {
					AtomicInteger number = new AtomicInteger();
					return (request) -> (request.header("If-Range") != null) ? Reply.status(412)
							: (number.getAndIncrement() == 0) ? Reply.ok().closeAfter(this.half) : Reply.ok();
				}).withoutDigest(), first("503 once", Reply.status(503)), first("429 once", Reply.status(429)),
				first("500 in the middle", Reply.ok(), Reply.status(500)),
				always("401 of a signed URL that has expired", Reply.status(401)).signedWith("Expires=1000&Signature=x")
					.fails(ErrorCode.ACCESS_DENIED,
							"the URL was signed for use until 1970-01-01T00:16:40Z and has expired. Configure a new"),
				server("403 of a signed URL of the same host",
						(server, content) -> server.always("/x/m.gguf", Reply.status(403))
							.always(PATH, Reply.redirect(302, "/x/m.gguf?X-Amz-Signature=a")))
					.fails(ErrorCode.ACCESS_DENIED, "Check that you have access to the file at the first host"),
				always("404", Reply.status(404)).fails(ErrorCode.NOT_FOUND, "404"),
				always("403", Reply.status(403)).fails(ErrorCode.ACCESS_DENIED, "403"));
	}

	/**
	 * Answers well as long as few requests are served at once, and surplus ones
	 * otherwise.
	 */
	static NetworkCase limited(String name, int most, Supplier<Reply> surplus) {
		return answering(name, () -> {
			AtomicInteger active = new AtomicInteger();
			BooleanSupplier taken = () -> active.getAndUpdate((now) -> (now < most) ? now + 1 : now) < most;
			return (request) -> taken.getAsBoolean()
					? Reply.ok().throttled(20 << 20).beforeTheEnd(active::decrementAndGet) : surplus.get();
		});
	}

}
