/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelFileName;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.http.WebRequest;
import dev.modelcache.internal.http.MetadataResponse;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.web.util.UriUtils;
import reactor.core.publisher.Mono;

/**
 * The Hub's addresses, asked with what its origin alone may be told.
 */
final class HubClient {

	/**
	 * An entity tag of digits, weak or not, with what servers append for a coding.
	 */
	private static final Pattern DIGITS = Pattern
		.compile("(?:W/)?\"?([0-9a-fA-F]{40}|[0-9a-fA-F]{64})(?:[-;]{1,2}(?:gzip|deflate|br|zstd))?\"?");

	private static final Pattern ENCODED_TAG = Pattern.compile("[-;](?:gzip|deflate|br|zstd)\"?$");

	private static final Pattern OTHER_HASH = Pattern.compile("(?i)sha1|xethash");

	private static final Pattern ENCODING = Pattern.compile("(?i)\\b(?:gzip|deflate|br|zstd|compress|dcb|dcz)\\b");

	private final MetadataClient client;

	private final SourceLocation location;

	private final URI endpoint;

	private final Map<String, String> headers;

	/**
	 * Creates a client.
	 * @param client asks
	 * @param location the location that it is about
	 * @param endpoint the Hub
	 * @param headers what the Hub is told, credentials among it
	 */
	HubClient(MetadataClient client, SourceLocation location, URI endpoint, Map<String, String> headers) {
		this.client = client;
		this.location = location;
		this.endpoint = endpoint;
		this.headers = headers;
	}

	/** Asks the API which commit a revision is, and for the files there. */
	Mono<MetadataResponse> repository(HubUrl url) {
		return ask(questionFor(url));
	}

	/** Asks the API the same, but not again if it does not answer. */
	Mono<MetadataResponse> repositoryOnce(HubUrl url) {
		return this.client.exchangeOnce(this.location, questionFor(url));
	}

	private WebRequest questionFor(HubUrl url) {
		return WebRequest
			.get(uri("/api/models/" + path(url.repository()) + "/revision/" + segment(url.revision()) + "?blobs=true"))
			.headers(this.headers)
			.header(HttpHeaders.ACCEPT, "application/json");
	}

	/** Asks the API whether the files of a gated repository may be read. */
	Mono<MetadataResponse> access(HubUrl url) {
		return ask(WebRequest.get(uri("/api/models/" + path(url.repository()) + "/auth-check")).headers(this.headers));
	}

	/**
	 * Asks for the headers of a file. Redirects are followed within the Hub until one has
	 * what the Hub says of large files itself.
	 */
	Mono<MetadataResponse> head(HubUrl url, String revision, ModelFileName file) {
		return ask(WebRequest.head(file(url, revision, file)).headers(this.headers).followingUntil("X-Linked-ETag"));
	}

	private Mono<MetadataResponse> ask(WebRequest request) {
		return this.client.exchange(this.location, request);
	}

	/** Returns where the bytes of a file are at a commit. */
	Mirror mirror(HubUrl url, String commit, ModelFileName file) {
		return new Mirror(file(url, commit, file), this.headers);
	}

	private URI file(HubUrl url, String revision, ModelFileName file) {
		return uri("/" + path(url.repository()) + "/resolve/" + segment(revision) + "/" + path(file.text()));
	}

	private URI uri(String path) {
		return URI.create(this.endpoint + path);
	}

	private static String path(String text) {
		return Arrays.stream(text.split("/")).map(HubClient::segment).collect(Collectors.joining("/"));
	}

	/** A revision's slashes are encoded too. */
	private static String segment(String text) {
		return UriUtils.encode(text, StandardCharsets.UTF_8);
	}

	/**
	 * Reads what the headers of a file say about it. Only what the Hub itself states is a
	 * digest: other servers send entity tags of the same form, such as a plain SHA-1.
	 * @param name the file
	 * @param response the answer to {@link #head}
	 * @return the file
	 */
	static HubFile fileOf(ModelFileName name, MetadataResponse response) {
		Digest linked = digest(response, "X-Linked-ETag");
		Digest digest = (linked != null) ? linked : digest(response, HttpHeaders.ETAG);
		Long size = size(response.header("X-Linked-Size"));
		boolean known = size != null && size > 0;
		return HubFile.of(name, (known || response.isRedirect() || isEncoded(response)) ? size
				: size(response.header(HttpHeaders.CONTENT_LENGTH)), digest);
	}

	private static @Nullable Digest digest(MetadataResponse response, String header) {
		String tag = response.header(header);
		Matcher digits = DIGITS.matcher((tag != null) ? tag : "");
		Digest digest = digits.matches() ? HubFile.digest(digits.group(1).toLowerCase(Locale.ROOT)) : null;
		if (digest == null || (digest.algorithm() == Algorithm.SHA256 && header.equals("X-Linked-ETag"))) {
			return digest;
		}
		boolean ofHub = HubFile.isSha1(response.header("X-Repo-Commit"));
		return (ofHub && !isOtherHash(response, digest)) ? digest : null;
	}

	/**
	 * Repository managers name the SHA-1 that their entity tag is, too, and the Hub's
	 * storage the hash of its chunks.
	 */
	private static boolean isOtherHash(MetadataResponse response, Digest digest) {
		return response.headers()
			.headerSet()
			.stream()
			.filter((header) -> OTHER_HASH.matcher(header.getKey().replace("-", "")).find())
			.anyMatch((header) -> header.getValue().stream().anyMatch(digest.hex()::equalsIgnoreCase));
	}

	/** The length is that of the encoded form then (RFC 9110, section 8.6). */
	private static boolean isEncoded(MetadataResponse response) {
		String tag = response.header(HttpHeaders.ETAG);
		return (tag != null && ENCODED_TAG.matcher(tag).find()) || response.headers()
			.getOrEmpty(HttpHeaders.CONTENT_ENCODING)
			.stream()
			.anyMatch(ENCODING.asPredicate());
	}

	private static @Nullable Long size(@Nullable String text) {
		return (text != null && text.matches("\\d{1,18}")) ? Long.valueOf(text) : null;
	}

}
