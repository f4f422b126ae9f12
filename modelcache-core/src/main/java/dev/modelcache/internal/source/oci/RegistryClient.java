/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.util.List;
import java.util.Locale;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.http.WebRequest;
import dev.modelcache.internal.http.MetadataResponse;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;
import dev.modelcache.source.SourceLocation;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;

/**
 * Asks one registry about one model (OCI distribution specification 1.1, "Pull").
 */
final class RegistryClient {

	private static final String ACCEPT = "application/vnd.oci.image.manifest.v1+json,"
			+ " application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json,"
			+ " application/vnd.docker.distribution.manifest.list.v2+json";

	private static final String OLLAMA_ACCEPT = "application/vnd.docker.distribution.manifest.v2+json";

	private final ModelReference reference;

	private final SourceLocation location;

	private final String base;

	private final MetadataClient client;

	private final RegistryTokens tokens;

	private final RegistryCredentials credentials;

	RegistryClient(ModelReference reference, SourceLocation location, String scheme, MetadataClient client,
			RegistryTokens tokens) {
		this.reference = reference;
		this.location = location;
		this.base = scheme + "://" + reference.apiAuthority() + "/v2/" + reference.repository();
		this.client = client;
		this.tokens = tokens;
		this.credentials = new RegistryCredentials(tokens);
	}

	/** Returns where a blob is. */
	URI blob(Descriptor descriptor) {
		return URI.create(this.base + "/blobs/" + descriptor.digest());
	}

	/** Returns what the registry is told with every request. */
	RegistryCredentials credentials() {
		return this.credentials;
	}

	/** Fetches the manifest that the reference names, and proves it. */
	Mono<Manifest> manifest() {
		return fetch(this.reference.tagOrDigest(), this.reference.digest());
	}

	/** Fetches a manifest that an index describes, and proves it. */
	Mono<Manifest> manifest(Descriptor descriptor) {
		return fetch(descriptor.digest(), descriptor.digest());
	}

	private Mono<Manifest> fetch(String name, @Nullable String digest) {
		URI uri = URI.create(this.base + "/manifests/" + name);
		WebRequest question = WebRequest.get(uri)
			.header(HttpHeaders.ACCEPT, this.reference.isOllama() ? OLLAMA_ACCEPT : ACCEPT)
			.followingAnywhere();
		return ask(question, true).map((response) -> read(uri, response, digest));
	}

	private Mono<MetadataResponse> ask(WebRequest question, boolean mayLogIn) {
		return this.credentials.headers().flatMap((headers) -> {
			return this.client.exchange(this.location, question.headers(headers)).flatMap((response) -> {
				// What another origin challenges is not this registry's affair.
				boolean own = Origin.of(response.uri()).equals(Origin.of(question.uri()));
				if (response.status() == 401 && own && mayLogIn) {
					List<String> challenges = response.headers().getOrEmpty(HttpHeaders.WWW_AUTHENTICATE);
					return this.credentials.refused(headers, challenges)
						.flatMap((changed) -> changed ? ask(question, false) : failed(response));
				}
				return response.isSuccess() ? Mono.just(response) : failed(response);
			});
		});
	}

	private Mono<MetadataResponse> failed(MetadataResponse response) {
		return Mono.error(() -> this.tokens.failure(response));
	}

	private Manifest read(URI asked, MetadataResponse response, @Nullable String requested) {
		Digest actual = Digests.sha256(response.body());
		String header = response.header("Docker-Content-Digest");
		String stated = (header != null) ? header.toLowerCase(Locale.ROOT) : null;
		check(requested, actual, asked);
		// Other algorithms than sha256 are registered too; they prove nothing here.
		if (stated != null && stated.startsWith(Algorithm.SHA256.prefix() + ":")) {
			check(stated, actual, asked);
		}
		try {
			return ManifestReader.read(response.body(), actual.toString());
		}
		catch (IllegalArgumentException ex) {
			throw new ModelFormatException(this.location.request().id(),
					"the registry " + this.reference.registry() + " did not answer with a manifest of " + this.reference
							+ ": " + ex.getMessage(),
					"Check the URL, and that the registry supports the OCI distribution protocol");
		}
	}

	/** Where a redirect led is not shown: it may repeat what was sent. */
	private void check(@Nullable String expected, Digest actual, URI asked) {
		if (expected == null || expected.equals(actual.toString())) {
			return;
		}
		if (!Descriptor.isDigest(expected)) {
			throw new ModelIntegrityException(this.location.request().id(),
					"the registry " + this.reference.registry() + " states an invalid digest",
					"Try again later, or use another registry");
		}
		throw new ModelIntegrityException(this.location.request().id(), Digest.parse(expected), DigestOrigin.SOURCE,
				actual, RedactedUri.of(asked));
	}

}
