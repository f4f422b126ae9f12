package dev.modelcache.internal.http;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import dev.modelcache.internal.http.MetadataRequest.Following;
import dev.modelcache.source.Origin;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * A request on its way through redirects (RFC 9110, section 15.4).
 *
 * @param request the request
 * @param uri where it is now
 * @param number how many redirects brought it there
 * @param trusted whether it never left the request's origin, so that its headers go along
 * @param publicOnly whether it must not connect to a private address
 */
record Hop(MetadataRequest request, URI uri, int number, boolean trusted, boolean publicOnly) {

	static Hop first(MetadataRequest request) {
		return new Hop(request, request.uri(), 0, true, request.publicOnly());
	}

	static boolean isRedirect(int status) {
		return switch (status) {
			case 301, 302, 303, 307, 308 -> true;
			default -> false;
		};
	}

	/** Returns what this hop may be told. */
	Map<String, String> headers() {
		if (this.trusted) {
			return this.request.headers();
		}
		Map<String, String> harmless = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		harmless.putAll(this.request.headers());
		harmless.keySet().removeIf((name) -> !name.equalsIgnoreCase(HttpHeaders.ACCEPT));
		return harmless;
	}

	/**
	 * Returns the next hop.
	 * @param location the {@code Location} header
	 * @param settings limits
	 * @param connections tell whether other origins must have public addresses
	 * @return the next hop, or {@code null} where the redirect is the answer
	 * @throws FailedRequest if it must not, or cannot, be followed
	 */
	@Nullable Hop follow(@Nullable String location, HttpSettings settings, HttpConnections connections) {
		if (this.request.following() == Following.NOTHING) {
			return null;
		}
		URI next = target(location);
		boolean stays = Origin.of(next).equals(Origin.of(this.request.uri()));
		if (!stays && this.request.following() != Following.ANYWHERE) {
			return null;
		}
		if (this.number >= settings.maxRedirects()) {
			throw FailedRequest.refused(this.request, "redirects more than " + settings.maxRedirects() + " times");
		}
		if (!stays && Origin.of(next).scheme().equals("http")) {
			if (!settings.insecureHttpAllowed() || Origin.of(this.uri).scheme().equals("https")) {
				throw FailedRequest.refused(this.request, "redirects to plain http");
			}
		}
		boolean publicOnly = this.request.publicOnly() || (!stays && connections.guardsRedirectsOf(this.request.uri()));
		return new Hop(this.request, next, this.number + 1, this.trusted && stays, publicOnly);
	}

	private URI target(@Nullable String location) {
		try {
			URI next = (location != null) ? this.uri.resolve(URI.create(location)) : null;
			if (next != null && next.getHost() != null && next.getScheme().toLowerCase(Locale.ROOT).matches("https?")) {
				return next;
			}
		}
		catch (IllegalArgumentException ex) {
			// Said below; the exception's text holds the location, query and all.
		}
		throw FailedRequest.refused(this.request, "redirects to something that is neither an https nor an http URL");
	}

}
