/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.internal.http.RequestFailedException.Reason;

import org.springframework.http.HttpHeaders;

/**
 * Status line and headers of a response, read as leniently as curl and wget read them.
 * What they say about the end of the body is unambiguous afterwards.
 */
public final class ResponseHead {

	private static final Pattern STATUS_LINE = Pattern.compile("HTTP/(\\d)(?:\\.(\\d)\\d*)?[ \\t]+(\\d{3})(?:\\D.*)?",
			Pattern.CASE_INSENSITIVE);

	/** RFC 9110, section 5.6.2. */
	private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

	private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f]");

	/** What follows the digits is passed over, as curl does. */
	private static final Pattern NUMBER = Pattern.compile("\\+?(\\d{1,18})(?:\\D.*)?");

	private static final Pattern CODING = Pattern.compile("chunked|(x-)?gzip|deflate|(x-)?compress|br|zstd");

	private static final Pattern ODD_LINE_END = Pattern.compile("(?<!\\r)\\n|\\r\\r");

	private final int status;

	private final boolean persistent;

	private final List<Map.Entry<String, String>> headers = new ArrayList<>();

	private boolean doubtful;

	private boolean chunked;

	private long length = -1;

	private ResponseHead(int status, boolean persistent) {
		this.status = status;
		this.persistent = persistent;
	}

	/**
	 * Reads the head of a response.
	 * @param text the bytes up to the empty line, as characters of ISO 8859-1
	 * @return the head
	 * @throws ConnectionFailedException if it is not the head of a response, or if it
	 * states different lengths
	 */
	static ResponseHead parse(String text) throws ConnectionFailedException {
		String[] lines = text.split("\\r{0,9}\\n");
		Matcher first = STATUS_LINE.matcher(lines[0]);
		if (!first.matches()) {
			throw notHttp();
		}
		boolean http10 = first.group(1).equals("0") || (first.group(1).equals("1") && "0".equals(first.group(2)));
		ResponseHead head = new ResponseHead(Integer.parseInt(first.group(3)), !http10);
		head.doubtful = ODD_LINE_END.matcher(text).find();
		StringBuilder logical = new StringBuilder();
		for (int i = 1; i < lines.length; i++) {
			if (lines[i].startsWith(" ") || lines[i].startsWith("\t")) {
				// RFC 9112, section 5.2: the line continues the one before.
				head.doubtful = true;
				logical.append(' ').append(lines[i].strip());
			}
			else {
				head.add(logical.toString());
				logical.setLength(0);
				logical.append(lines[i]);
			}
		}
		head.add(logical.toString());
		head.readFraming();
		return head;
	}

	/** Returns the failure of a server that does not speak HTTP there. */
	static ConnectionFailedException notHttp() {
		return new ConnectionFailedException(Reason.ILLEGAL_RESPONSE, "answered with something other than HTTP",
				"Check the scheme and the port of the URL", null);
	}

	private void add(String line) {
		int colon = line.indexOf(':');
		String name = line.substring(0, Math.max(0, colon)).stripTrailing();
		if (NAME.matcher(name).matches()) {
			this.doubtful |= name.length() < colon;
			this.headers.add(Map.entry(name, value(line.substring(colon + 1))));
		}
		else {
			this.doubtful |= !line.isEmpty();
		}
	}

	private static String value(String text) {
		return CONTROL.matcher(text).replaceAll(" ").strip();
	}

	/** RFC 9112, section 6.3. */
	private void readFraming() throws ConnectionFailedException {
		List<String> lengths = remove(HttpHeaders.CONTENT_LENGTH).toList();
		List<String> words = remove(HttpHeaders.TRANSFER_ENCODING).map((coding) -> coding.toLowerCase(Locale.ROOT))
			.toList();
		// Beside a length, a word that names no coding is passed over, as wget does.
		List<String> codings = words.stream()
			.filter((word) -> !word.equals("identity") && (lengths.isEmpty() || CODING.matcher(word).lookingAt()))
			.toList();
		this.chunked = !codings.isEmpty() && codings.get(codings.size() - 1).equals("chunked");
		if (!codings.isEmpty() && !lengths.isEmpty() && !this.chunked) {
			// The length counts, as wget reads it, and the bytes tell whether they are
			// encoded.
			this.headers.add(Map.entry(HttpHeaders.CONTENT_ENCODING, String.join(", ", codings)));
		}
		else if (!codings.isEmpty()) {
			this.doubtful |= !lengths.isEmpty() || !this.persistent || codings.size() > 1;
			String distinct = String.join(", ", codings.stream().distinct().toList());
			this.headers.add(Map.entry(HttpHeaders.TRANSFER_ENCODING, distinct));
			return;
		}
		List<Long> numbers = lengths.stream()
			.map(NUMBER::matcher)
			.filter(Matcher::matches)
			.map((number) -> Long.valueOf(number.group(1)))
			.distinct()
			.toList();
		this.doubtful |= !words.isEmpty() || !lengths.equals(numbers.stream().map(String::valueOf).toList());
		if (numbers.size() > 1 && this.status >= 300 && this.status < 400) {
			// Of a redirect, the end does not matter.
			return;
		}
		if (numbers.size() > 1) {
			throw new ConnectionFailedException(Reason.ILLEGAL_RESPONSE,
					"states two different lengths, " + numbers.get(0) + " and " + numbers.get(1),
					"Check the server or the proxy that sends two Content-Length headers, or use another source", null);
		}
		if (!numbers.isEmpty()) {
			this.length = numbers.get(0);
			this.headers.add(Map.entry(HttpHeaders.CONTENT_LENGTH, String.valueOf(this.length)));
		}
	}

	/** Removes the lines of a header, and returns its members. */
	private Stream<String> remove(String name) {
		List<Map.Entry<String, String>> lines = this.headers.stream()
			.filter((header) -> header.getKey().equalsIgnoreCase(name))
			.toList();
		this.headers.removeIf((header) -> header.getKey().equalsIgnoreCase(name));
		return lines.stream()
			.flatMap((line) -> Stream.of(line.getValue().split(",")))
			.map(String::strip)
			.filter((member) -> !member.isEmpty());
	}

	/**
	 * Returns the status code.
	 * @return the status code
	 */
	public int status() {
		return this.status;
	}

	/**
	 * Returns whether another response follows (RFC 9110, section 15.2). After 101, what
	 * follows is not HTTP.
	 */
	boolean isInterim() {
		return this.status < 200 && this.status != 101;
	}

	/** RFC 9112, section 6.3. */
	boolean hasNoBody() {
		return this.status < 200 || this.status == 204 || this.status == 304;
	}

	/** Returns whether the response is of HTTP/1.1, whose connections persist. */
	boolean isPersistent() {
		return this.persistent;
	}

	/** Returns whether another reader might see another end of the response. */
	boolean isDoubtful() {
		return this.doubtful;
	}

	boolean isChunked() {
		return this.chunked;
	}

	/** Returns the length of a body that is not chunked, or -1 where none is stated. */
	long length() {
		return this.length;
	}

	List<Map.Entry<String, String>> headers() {
		return this.headers;
	}

	/**
	 * Returns the values of a header.
	 * @param name the name, in any case
	 * @return the values, a line each
	 */
	public List<String> values(String name) {
		return this.headers.stream()
			.filter((header) -> header.getKey().equalsIgnoreCase(name))
			.map(Map.Entry::getValue)
			.toList();
	}

}
