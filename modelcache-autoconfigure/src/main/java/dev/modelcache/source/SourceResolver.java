package dev.modelcache.source;

import java.util.Set;

import reactor.core.publisher.Mono;

/**
 * Finds out where a model can be had and what it should be, for the URL schemes it knows.
 * Another scheme is another bean of this type.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: must not
 * block. <em>Errors</em>: a {@link dev.modelcache.ModelCacheException}.
 */
public interface SourceResolver {

	/**
	 * Returns the schemes this resolver answers for.
	 * @return the schemes, lower case, without the colon
	 */
	Set<String> schemes();

	/**
	 * Resolves one location of a model.
	 * @param location the location; its URL has one of {@link #schemes()}
	 * @return what the location offers
	 */
	Mono<ResolvedModel> resolve(SourceLocation location);

}
