/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientException;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Mono;

// tag::source[]
/**
 * Resolves URLs of the form {@code artifacts://name/version/file}. The server has a
 * SHA-256 beside each file.
 */
@Component
class ArtifactSource implements SourceResolver {

	private static final Pattern FORM = Pattern.compile("artifacts://([\\w.-]+/[\\w.-]+/([\\w.-]+))");

	private final WebClient client;

	private final URI server;

	ArtifactSource(WebClient.Builder client, @Value("${artifacts.server:https://artifacts.example.com/}") URI server) {
		this.client = client.build();
		this.server = server;
	}

	@Override
	public Set<String> schemes() {
		return Set.of("artifacts");
	}

	@Override
	public void check(URI url) {
		parse(url);
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		Matcher form = parse(location.uri());
		URI file = this.server.resolve(form.group(1));
		String id = location.request().id();
		return this.client.get()
			.uri(URI.create(file + ".sha256"))
			.retrieve()
			.bodyToMono(String.class)
			.map((digest) -> new ResolvedModel(
					new RemoteFile(form.group(2), List.of(new Mirror(file, Map.of())), expected(digest), null)))
			.onErrorMap(WebClientResponseException.NotFound.class,
					(failure) -> new ModelNotFoundException(id, "the artifact server has no " + form.group(1),
							"Correct name, version or file in the model's url"))
			.onErrorMap(WebClientException.class, (failure) -> new ModelTransferException(id,
					"the artifact server does not answer for " + form.group(1), "Try again later", failure));
	}

	private static ExpectedDigest expected(String digest) {
		return new ExpectedDigest(Digest.parse("sha256:" + digest.strip()), DigestOrigin.SOURCE);
	}

	private static Matcher parse(URI url) {
		Matcher form = FORM.matcher(url.toString());
		if (!form.matches()) {
			throw new IllegalArgumentException("has another form than artifacts://name/version/file");
		}
		return form;
	}

}
// end::source[]
