/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.source.CatalogVariant;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Resolves {@code catalog:} URLs that were not settled when the configuration was read:
 * to the best variant that the request's limits and the disk have room for, and to the
 * next smaller one where its source does not have it.
 */
public final class CatalogResolver implements SourceResolver {

	private static final Logger logger = LoggerFactory.getLogger(CatalogResolver.class);

	private final ModelCatalogs catalogs;

	private final Supplier<SourceResolvers> sources;

	private final ToLongFunction<ModelRequest> freeBytes;

	private final Scheduler io;

	/**
	 * Creates a resolver.
	 * @param catalogs all catalogs
	 * @param sources all sources, this one among them
	 * @param freeBytes tells how many bytes the disk of a model has room for; may block
	 * @param io where blocking file work runs
	 */
	public CatalogResolver(ModelCatalogs catalogs, Supplier<SourceResolvers> sources,
			ToLongFunction<ModelRequest> freeBytes, Scheduler io) {
		this.catalogs = catalogs;
		this.sources = sources;
		this.freeBytes = freeBytes;
		this.io = io;
	}

	@Override
	public Set<String> schemes() {
		return Set.of(CatalogName.SCHEME);
	}

	@Override
	public void check(URI url) {
		CatalogName.parse(url);
	}

	@Override
	public URI canonical(URI url) {
		return CatalogName.parse(url).toUri();
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return Mono.defer(() -> this.catalogs.find(name(location), location))
			.publishOn(this.io)
			.flatMap((entry) -> FailureBoundary.around("reading an entry of a catalog",
					Mono.defer(() -> resolve(entry, fitting(entry, location.request()), location))));
	}

	private static CatalogName name(SourceLocation location) {
		String modelId = location.request().id();
		try {
			CatalogName name = CatalogName.parse(location.uri());
			if (name.version() != null && location.uri().getRawAuthority() != null) {
				throw new IllegalArgumentException("has a version in place of user-info; use " + name.toUri());
			}
			return name;
		}
		catch (IllegalArgumentException ex) {
			throw new ModelConfigurationException(modelId, "hooks.llm.url", String.valueOf(ex.getMessage()),
					"Correct the URL");
		}
	}

	private List<CatalogVariant> fitting(CatalogEntry entry, ModelRequest request) {
		List<CatalogVariant> variants = entry.fitting(request.quantization(), request.maxSize());
		if (variants.isEmpty()) {
			throw new ModelConfigurationException(request.id(),
					entry.has(request.quantization()) ? "hooks.llm.max-size" : "hooks.llm.quantization",
					"no variant of '" + entry.name() + "' in " + entry.catalog() + " matches",
					"Use one of " + String.join(", ", entry.quantizations()) + ", or increase max-size");
		}
		long free = this.freeBytes.applyAsLong(request);
		List<CatalogVariant> onDisk = variants.stream()
			.filter((variant) -> variant.size() == null || variant.size().toBytes() <= free)
			.toList();
		// The sizes are estimates: the store has the last word, and the better error.
		return onDisk.isEmpty() ? variants.subList(variants.size() - 1, variants.size()) : onDisk;
	}

	private Mono<ResolvedModel> resolve(CatalogEntry entry, List<CatalogVariant> variants, SourceLocation location) {
		ModelRequest request = location.request();
		CatalogVariant variant = variants.get(0);
		SourceResolvers all = this.sources.get();
		URI url = entry.url(variant, all, request.id());
		ModelRequest wanted = ModelRequest.builder(request.id())
			.url(url)
			.files(request.files().isEmpty() ? variant.files() : request.files())
			.expectedDigest(variant.digest(), DigestOrigin.CATALOG)
			.maxAttempts(request.maxAttempts())
			.build();
		Mono<ResolvedModel> resolved = all.resolve(wanted, List.of(url), null, location.pauses());
		return (variants.size() == 1) ? resolved : resolved.onErrorResume(ModelNotFoundException.class, (failure) -> {
			logger.warn("Model '{}': variant {} does not exist, trying the next variant of the catalog: " + "{}",
					request.id(), variant.quantization(), failure.problem());
			return resolve(entry, variants.subList(1, variants.size()), location);
		});
	}

}
