package dev.modelcache.source;

import java.net.URI;
import java.util.Map;

import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;

/**
 * One place that has the bytes, and what its origin alone may be told.
 *
 * @param uri where the bytes are, without user-info
 * @param headers request headers for this URL's origin, credentials among them; never
 * sent to another origin, never printed
 * @param credentials further headers for that origin, which it may refuse after a while
 * @param stated what the source of this URL states of its bytes, if that is not what
 * decides what the file is; {@code null} where it states nothing, or nothing else
 */
public record Mirror(URI uri, Map<String, String> headers, Credentials credentials, @Nullable ExpectedDigest stated) {

	/**
	 * Creates a mirror.
	 */
	public Mirror {
		headers = Map.copyOf(headers);
	}

	/**
	 * Creates a mirror whose headers never change.
	 * @param uri where the bytes are
	 * @param headers request headers for this URL's origin
	 */
	public Mirror(URI uri, Map<String, String> headers) {
		this(uri, headers, Credentials.NONE);
	}

	/**
	 * Creates a mirror whose source states nothing of its own.
	 * @param uri where the bytes are, without user-info
	 * @param headers request headers for this URL's origin
	 * @param credentials further headers for that origin
	 */
	public Mirror(URI uri, Map<String, String> headers, Credentials credentials) {
		this(uri, headers, credentials, null);
	}

	/**
	 * Returns this mirror with the digest that its source states.
	 * @param digest the digest, or {@code null} if the source states none
	 * @return a mirror with the same URL, headers and credentials
	 */
	public Mirror stating(@Nullable ExpectedDigest digest) {
		return new Mirror(this.uri, this.headers, this.credentials, digest);
	}

	/**
	 * Returns the origin that the headers are for.
	 * @return the origin of the URL
	 */
	public Origin origin() {
		return Origin.of(this.uri);
	}

	/**
	 * Returns the URL without user-info, query and fragment.
	 * @return the URL as it may be printed
	 */
	@Override
	public String toString() {
		return RedactedUri.of(this.uri);
	}

}
