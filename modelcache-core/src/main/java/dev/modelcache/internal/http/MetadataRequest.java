package dev.modelcache.internal.http;

import java.net.URI;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * A question about a model. Its headers are for the URL's origin alone.
 *
 * @param method GET, HEAD, or POST without a body
 * @param uri whom to ask; used as it is, so already percent-encoded
 * @param headers headers for the URL's origin, credentials among them; names match in any
 * case
 * @param following which redirects are followed; another one is the answer
 * @param publicOnly whether the URL comes from elsewhere than the configuration, so that
 * it must not lead to a private address
 */
public record MetadataRequest(HttpMethod method, URI uri, Map<String, String> headers, Following following,
		boolean publicOnly) {

	/**
	 * Creates a request.
	 */
	public MetadataRequest {
		Map<String, String> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		copy.putAll(headers);
		headers = Collections.unmodifiableMap(copy);
	}

	/**
	 * Creates a request to a configured URL.
	 * @param method GET, HEAD, or POST without a body
	 * @param uri whom to ask
	 * @param headers headers for the URL's origin
	 * @param following which redirects are followed
	 */
	public MetadataRequest(HttpMethod method, URI uri, Map<String, String> headers, Following following) {
		this(method, uri, headers, following, false);
	}

	/**
	 * Asks for a body.
	 * @param uri whom to ask
	 * @return the request
	 */
	public static MetadataRequest get(URI uri) {
		return new MetadataRequest(HttpMethod.GET, uri, Map.of(), Following.WITHIN_ORIGIN);
	}

	/**
	 * Asks for headers.
	 * @param uri whom to ask
	 * @return the request
	 */
	public static MetadataRequest head(URI uri) {
		return new MetadataRequest(HttpMethod.HEAD, uri, Map.of(), Following.WITHIN_ORIGIN);
	}

	/**
	 * Adds a header, or replaces it.
	 * @param name its name
	 * @param value its value
	 * @return the request with it
	 */
	public MetadataRequest header(String name, String value) {
		Map<String, String> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		more.putAll(this.headers);
		more.put(name, value);
		return new MetadataRequest(this.method, this.uri, more, this.following, this.publicOnly);
	}

	/**
	 * Adds a token (RFC 6750).
	 * @param token the token, or {@code null} to ask anonymously
	 * @return the request with it
	 */
	public MetadataRequest bearer(@Nullable String token) {
		return (token != null) ? header(HttpHeaders.AUTHORIZATION, "Bearer " + token) : this;
	}

	/**
	 * Follows redirects to other origins too. The credentials stay behind.
	 * @return the request that does
	 */
	public MetadataRequest followingAnywhere() {
		return new MetadataRequest(this.method, this.uri, this.headers, Following.ANYWHERE, this.publicOnly);
	}

	/**
	 * Takes every redirect as the answer, for its headers.
	 * @return the request that does
	 */
	public MetadataRequest followingNothing() {
		return new MetadataRequest(this.method, this.uri, this.headers, Following.NOTHING, this.publicOnly);
	}

	/**
	 * Connects to a public address alone.
	 * @return the request that does
	 */
	public MetadataRequest toPublicAddress() {
		return new MetadataRequest(this.method, this.uri, this.headers, this.following, true);
	}

	/** Shows no header's value. */
	@Override
	public String toString() {
		return this.method + " " + RedactedUri.of(this.uri);
	}

	/**
	 * Which redirects are followed.
	 */
	public enum Following {

		/** None. */
		NOTHING,

		/** Those within the origin, with all headers. */
		WITHIN_ORIGIN,

		/** All; what leaves the origin carries nothing but the {@code Accept} header. */
		ANYWHERE

	}

}
