/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import dev.modelcache.Digest;
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
	 * Reads what the headers of a file say about it.
	 * @param name the file
	 * @param response the answer to {@link #head}
	 * @return the file
	 */
	static HubFile fileOf(ModelFileName name, MetadataResponse response) {
		String tag = Optional.ofNullable(response.header("X-Linked-ETag")).orElse(response.header(HttpHeaders.ETAG));
		Digest digest = (tag != null) ? HubFile.digest(tag.replaceFirst("^W/", "").replace("\"", "")) : null;
		String linked = response.header("X-Linked-Size");
		String length = response.isRedirect() ? null : response.header(HttpHeaders.CONTENT_LENGTH);
		return new HubFile(name, size((linked != null) ? linked : length), digest);
	}

	private static @Nullable Long size(@Nullable String text) {
		return (text != null && text.matches("\\d{1,18}")) ? Long.valueOf(text) : null;
	}

}
