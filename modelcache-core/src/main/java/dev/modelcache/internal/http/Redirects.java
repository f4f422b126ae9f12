package dev.modelcache.internal.http;

import java.net.URI;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Origin;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way through redirects, followed by hand (RFC 9110, section 15.4): how
 * many hops it made, and whether the mirror's headers may still go along.
 *
 * @param mirror where the request began
 * @param uri where it is now
 * @param hops how many redirects brought it there
 * @param trusted whether it never left the mirror's origin
 * @param publicOnly whether it must not connect to a private address
 * @param stated the digests of the file that were stated on the way
 */
record Redirects(Mirror mirror, URI uri, int hops, boolean trusted, boolean publicOnly, Set<Digest> stated) {

	static Redirects start(Mirror mirror) {
		return new Redirects(mirror, mirror.uri(), 0, true, false, Set.of());
	}

	/** Returns whether the request is now at another origin than the mirror's. */
	boolean isElsewhere() {
		return !Origin.of(this.uri).equals(this.mirror.origin());
	}

	Redirects stating(Set<Digest> digests) {
		return new Redirects(this.mirror, this.uri, this.hops, this.trusted, this.publicOnly, digests);
	}

	/**
	 * Follows a redirect. Once a request has left its origin it stays untrusted, even if
	 * a later hop leads back.
	 * @param location the {@code Location} header
	 * @param limit how many hops are allowed
	 * @param insecureHttpAllowed whether {@code http:} is
	 * @param guarded whether other origins than the mirror's must have public addresses
	 * @return the next hop
	 * @throws RequestFailedException if it must not, or cannot, be followed
	 */
	Redirects follow(@Nullable String location, int limit, boolean insecureHttpAllowed, boolean guarded) {
		if (this.hops >= limit) {
			throw refused("redirects more than " + limit + " times", null);
		}
		URI next = target(location);
		if ("http".equals(next.getScheme())) {
			if ("https".equals(this.uri.getScheme())) {
				throw refused("redirects from https to http, to " + RedactedUri.of(next), null);
			}
			if (!insecureHttpAllowed) {
				throw refused("redirects to http, which hooks.llm.download.allow-insecure-http does not allow", null);
			}
		}
		boolean stays = Origin.of(next).equals(this.mirror.origin());
		return new Redirects(this.mirror, next, this.hops + 1, this.trusted && stays, guarded && !stays, this.stated);
	}

	private URI target(@Nullable String location) {
		if (location == null) {
			throw refused("redirects without saying where to", null);
		}
		try {
			URI next = this.uri.resolve(URI.create(location));
			if (next.getHost() != null && ("https".equals(next.getScheme()) || "http".equals(next.getScheme()))) {
				return next;
			}
		}
		catch (IllegalArgumentException ex) {
			throw refused("redirects to something that is no URL", null);
		}
		throw refused("redirects to something that is neither an https nor an http URL", null);
	}

	private RequestFailedException refused(String problem, @Nullable Throwable cause) {
		return new RequestFailedException(Reason.BAD_REDIRECT, this.mirror, problem, cause);
	}

}
