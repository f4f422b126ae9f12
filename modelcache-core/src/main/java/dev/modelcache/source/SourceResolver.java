package dev.modelcache.source;

import java.net.URI;
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
	 * Returns whether a URL of another resolver's scheme is better resolved here, because
	 * more is known of what it leads to.
	 * @param url the URL
	 * @return {@code true} to resolve it here
	 */
	default boolean recognizes(URI url) {
		return false;
	}

	/**
	 * Checks the form of a URL, long before it is resolved.
	 * @param url a URL with one of {@link #schemes()}
	 * @throws IllegalArgumentException if it is malformed; the message says how, to
	 * follow the name of a key, and repeats nothing of the URL
	 */
	default void check(URI url) {
	}

	/**
	 * Returns the URL by which a model is known everywhere, whatever short form of it was
	 * written.
	 * @param url a URL that {@link #check} has checked
	 * @return the same location with nothing left to defaults
	 */
	default URI canonical(URI url) {
		return url;
	}

	/**
	 * Resolves one location of a model.
	 * @param location the location; its URL has one of {@link #schemes()}
	 * @return what the location offers
	 */
	Mono<ResolvedModel> resolve(SourceLocation location);

	/**
	 * Resolves one location by what other tools on this machine keep of it, for where it
	 * cannot be asked. Nothing may touch the network.
	 * @param location the location
	 * @return what is known, or empty
	 */
	default Mono<ResolvedModel> known(SourceLocation location) {
		return Mono.empty();
	}

}
