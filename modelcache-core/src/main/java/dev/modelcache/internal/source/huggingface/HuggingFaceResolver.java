/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.http.SentSecrets;
import dev.modelcache.internal.Origin;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Resolves {@code hf:} URLs, and those of files on the Hub's web pages: the revision
 * becomes a commit before any byte is fetched, and the Hub's own digests prove the files.
 * The token goes to the Hub's origin alone.
 */
public final class HuggingFaceResolver implements SourceResolver {

	private static final String SCHEME = "hf";

	private static final Logger logger = LoggerFactory.getLogger(HuggingFaceResolver.class);

	private final HubSettings settings;

	private final Map<String, String> configuredHeaders;

	private final MetadataClient client;

	private final Scheduler io;

	/** Whether it was logged that the API does not answer. */
	private final AtomicBoolean saidUnlisted = new AtomicBoolean();

	/**
	 * Creates a resolver.
	 * @param settings which Hub, and as whom
	 * @param configuredHeaders headers for the origin of each model's {@code url}, where
	 * that is an https URL of the Hub
	 * @param client asks the Hub
	 * @param io where blocking file work runs
	 */
	public HuggingFaceResolver(HubSettings settings, Map<String, String> configuredHeaders, MetadataClient client,
			Scheduler io) {
		this.settings = settings;
		this.configuredHeaders = Map.copyOf(configuredHeaders);
		this.client = client;
		this.io = io;
	}

	@Override
	public Set<String> schemes() {
		return Set.of(SCHEME);
	}

	@Override
	public boolean recognizes(URI url) {
		return this.settings.isPage(url);
	}

	@Override
	public void check(URI url) {
		HubUrl.parse(url);
	}

	@Override
	public URI canonical(URI url) {
		return HubUrl.canonical(url);
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return FailureBoundary.on(this.io, "looking for a token", () -> {
			Optional<String> token = this.settings.token().findFor(this.settings.endpoint());
			HubUrl url = parse(location);
			HubLookUp lookUp = lookUp(location, url, token);
			return lookUp.resolve()
				.onErrorResume((failure) -> lookUp.isMissing() && url.otherReading().isPresent(),
						(failure) -> lookUp(location, url.otherReading().orElseThrow(), token).resolve()
							.onErrorMap((other) -> failure));
		}).flatMap(Function.identity());
	}

	@Override
	public Mono<ResolvedModel> known(SourceLocation location) {
		return FailureBoundary.on(this.io, "looking into the caches of the Hub", () -> {
			HubUrl url = parse(location);
			for (Path cache : this.settings.caches()) {
				ResolvedModel known = known(location, url, cache);
				if (known != null) {
					return known;
				}
			}
			return null;
		});
	}

	private @Nullable ResolvedModel known(SourceLocation location, HubUrl url, Path cache) {
		ResolvedModel known = lookUp(location, url, Optional.empty()).cached(cache);
		return (known != null) ? known
				: url.otherReading()
					.map((other) -> lookUp(location, other, Optional.empty()).cached(cache))
					.orElse(null);
	}

	private HubLookUp lookUp(SourceLocation location, HubUrl url, Optional<String> token) {
		Map<String, String> headers = headers(location, token);
		HubClient hub = new HubClient(this.client, location, this.settings.endpoint(), headers);
		HubErrors errors = new HubErrors(location.request().id(), this.settings.endpoint(), url,
				!headers.containsKey(HttpHeaders.AUTHORIZATION), new SentSecrets(this.settings.endpoint(), headers),
				this.client::pauseWanted);
		return new HubLookUp(location.request(), url, hub, errors, this::sayUnlisted);
	}

	private void sayUnlisted(String reason) {
		if (this.saidUnlisted.compareAndSet(false, true)) {
			logger.info("The API of {} {}. Files are looked up by their own headers instead, which state the commit, "
					+ "the digest and the size.", RedactedUri.of(this.settings.endpoint()), reason);
		}
	}

	private HubUrl parse(SourceLocation location) {
		try {
			return HubUrl.ofWebPage(location.uri(), this.settings.endpoint())
				.orElseGet(() -> HubUrl.parse(location.uri()));
		}
		catch (IllegalArgumentException ex) {
			throw new ModelConfigurationException(location.request().id(), "url", String.valueOf(ex.getMessage()),
					"Correct the URL");
		}
	}

	private Map<String, String> headers(SourceLocation location, Optional<String> token) {
		Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		token.ifPresent((value) -> headers.put(HttpHeaders.AUTHORIZATION, "Bearer " + value));
		if (location.ofConfiguredOrigin() && Origin.of(location.uri()).equals(Origin.of(this.settings.endpoint()))) {
			headers.putAll(this.configuredHeaders);
		}
		return headers;
	}

}
