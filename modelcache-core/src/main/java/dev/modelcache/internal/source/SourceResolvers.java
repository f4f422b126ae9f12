/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source;

import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.Origin;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.function.SingletonSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * All sources of the application, by scheme. The resolver of a source is made when a URL
 * asks for it.
 */
public final class SourceResolvers {

	private static final Logger logger = LoggerFactory.getLogger(SourceResolvers.class);

	private final Map<String, Source> byScheme = new TreeMap<>();

	private final List<Source> all;

	/**
	 * Creates the set.
	 * @param sources the sources; of two with the same scheme the first one wins
	 */
	public SourceResolvers(Collection<Source> sources) {
		this.all = List.copyOf(sources);
		for (Source source : sources) {
			source.schemes().forEach((scheme) -> this.byScheme.putIfAbsent(scheme, source));
		}
	}

	/**
	 * Creates the set of resolvers that exist already.
	 * @param resolvers the resolvers; of two with the same scheme the first one wins
	 * @return the set
	 */
	public static SourceResolvers of(Collection<? extends SourceResolver> resolvers) {
		return new SourceResolvers(resolvers.stream().map(Source::of).toList());
	}

	/**
	 * Returns all schemes that can be resolved.
	 * @return the schemes, in alphabetical order
	 */
	public Set<String> schemes() {
		return new TreeSet<>(this.byScheme.keySet());
	}

	/**
	 * Checks the form of a URL.
	 * @param url a URL with one of {@link #schemes()}
	 * @return the URL by which the model is known everywhere
	 * @throws IllegalArgumentException if its resolver says that it is malformed
	 */
	public URI check(URI url) {
		SourceResolver resolver = ofScheme(url);
		if (resolver == null) {
			return url;
		}
		resolver.check(url);
		return resolver.canonical(url);
	}

	/**
	 * Resolves several locations of the same bytes into one model, whose files have a
	 * mirror for each. The first location decides what the model is, unless a digest is
	 * configured. A location that cannot be resolved is left out with a warning, unless
	 * all of them are; one that states another digest or size of a file is left out of
	 * that file's mirrors.
	 * @param request the request the locations belong to; its digest, if it has one,
	 * comes before any that a source states
	 * @param locations the locations, the preferred one first; at least one
	 * @param configured the {@code url} of the model that was asked for, whose origin
	 * alone may be told the configured headers; {@code null} where it has none
	 * @param pauses is told of each pause, and of each answer as a pause of zero
	 * @return the resolved model
	 */
	public Mono<ResolvedModel> resolve(ModelRequest request, List<URI> locations, @Nullable URI configured,
			Consumer<Duration> pauses) {
		return locations(request, locations, configured, pauses)
			.concatMap((location) -> resolve(location).map(Resolution::of)
				.onErrorResume(ModelCacheException.class,
						(failure) -> Mono.just(Resolution.failed(location.uri(), failure))))
			.collectList()
			.map((resolutions) -> merge(request, resolutions));
	}

	private Mono<ResolvedModel> resolve(SourceLocation location) {
		SourceResolver resolver = resolverFor(location);
		String source = RedactedUri.of(location.uri());
		return FailureBoundary.around("resolving " + source, Mono.defer(() -> resolver.resolve(location)))
			.switchIfEmpty(Mono.error(() -> unusable(location, source + " was resolved to no files", null)))
			.onErrorMap((failure) -> (failure instanceof ModelCacheException) ? failure : unusable(location,
					source + " cannot be resolved: " + FailureBoundary.describe(failure), failure));
	}

	private static ModelTransferException unusable(SourceLocation location, String problem, @Nullable Throwable cause) {
		return new ModelTransferException(location.request().id(), problem,
				"Report this error with its stack trace, or use another source", cause);
	}

	/**
	 * Resolves the first location of which anything is known on this machine, without the
	 * network.
	 * @param request the request the locations belong to
	 * @param locations the locations, the preferred one first
	 * @param configured the {@code url} of the model that was asked for, or {@code null}
	 * @return the resolved model, or empty
	 */
	public Mono<ResolvedModel> known(ModelRequest request, List<URI> locations, @Nullable URI configured) {
		return locations(request, locations, configured, (pause) -> {
		}).concatMap((location) -> resolverFor(location).known(location))
			.next()
			.map((model) -> MergedModel.of(request, List.of(model)));
	}

	private static Flux<SourceLocation> locations(ModelRequest request, List<URI> locations, @Nullable URI configured,
			Consumer<Duration> pauses) {
		return Flux.fromIterable(locations)
			.map((uri) -> SourceLocation
				.of(uri, request, configured != null && Origin.of(uri).equals(Origin.of(configured)))
				.withPauses(pauses));
	}

	private SourceResolver resolverFor(SourceLocation location) {
		URI uri = location.uri();
		SourceResolver resolver = this.all.stream()
			.filter((source) -> source.recognizes().test(uri))
			.findFirst()
			.map(Source::get)
			.orElseGet(() -> ofScheme(uri));
		if (resolver == null) {
			throw new ModelConfigurationException(location.request().id(), "url",
					"the scheme of " + RedactedUri.of(uri) + " is not supported", "Use one of " + schemes());
		}
		return resolver;
	}

	private @Nullable SourceResolver ofScheme(URI uri) {
		Source source = this.byScheme.get(String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT));
		return (source != null) ? source.get() : null;
	}

	private ResolvedModel merge(ModelRequest request, List<Resolution> resolutions) {
		List<ResolvedModel> models = resolutions.stream()
			.flatMap((resolution) -> resolution.models().stream())
			.toList();
		if (models.isEmpty()) {
			throw allFailed(resolutions);
		}
		for (Resolution resolution : resolutions) {
			if (resolution.failure() != null) {
				logger.warn("Model '{}': {} is not used: {}", request.id(), resolution.location(),
						resolution.failure().problem());
			}
		}
		return MergedModel.of(request, models);
	}

	private static ModelCacheException allFailed(List<Resolution> resolutions) {
		List<ModelCacheException> failures = resolutions.stream()
			.flatMap((resolution) -> resolution.failures().stream())
			.toList();
		ModelCacheException first = failures.get(0);
		failures.stream().skip(1).forEach(first::addSuppressed);
		return first;
	}

	/**
	 * A source whose resolver is made when it is first needed.
	 *
	 * @param schemes the schemes that it answers for
	 * @param recognizes which URLs of other schemes are better resolved by it
	 * @param resolver makes the resolver, or returns the one that exists
	 */
	public record Source(Set<String> schemes, Predicate<URI> recognizes, Supplier<SourceResolver> resolver) {

		/**
		 * Creates a source of its schemes alone.
		 * @param resolver makes the resolver
		 * @param schemes the schemes
		 * @return the source
		 */
		public static Source of(Supplier<SourceResolver> resolver, String... schemes) {
			return new Source(Set.of(schemes), (url) -> false, SingletonSupplier.of(resolver));
		}

		/**
		 * Creates a source of a resolver that exists already.
		 * @param resolver the resolver
		 * @return the source
		 */
		public static Source of(SourceResolver resolver) {
			return new Source(resolver.schemes(), resolver::recognizes, () -> resolver);
		}

		SourceResolver get() {
			return this.resolver.get();
		}

	}

	private record Resolution(@Nullable String location, @Nullable ResolvedModel model,
			@Nullable ModelCacheException failure) {

		static Resolution of(ResolvedModel model) {
			return new Resolution(null, model, null);
		}

		static Resolution failed(URI location, ModelCacheException failure) {
			return new Resolution(RedactedUri.of(location), null, failure);
		}

		List<ResolvedModel> models() {
			return (this.model != null) ? List.of(this.model) : List.of();
		}

		List<ModelCacheException> failures() {
			return (this.failure != null) ? List.of(this.failure) : List.of();
		}

	}

}
