package dev.modelcache.internal.http;

import java.net.URI;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.springframework.web.reactive.function.client.WebClient;

/**
 * The clients that send requests, chosen by which addresses they connect to.
 */
public final class HttpConnections {

	private final Supplier<WebClient> anywhere;

	private final Supplier<WebClient> publicOnly;

	private final Predicate<URI> guarded;

	/**
	 * Creates connections. A client is asked for when a request needs it.
	 * @param anywhere connects to every address
	 * @param publicOnly fails with a {@link ConnectionFailedException} instead of
	 * connecting to a private address
	 * @param guarded whether redirects of a configured URL may lead to public addresses
	 * alone; asked after the URL's host has answered
	 */
	public HttpConnections(Supplier<WebClient> anywhere, Supplier<WebClient> publicOnly, Predicate<URI> guarded) {
		this.anywhere = anywhere;
		this.publicOnly = publicOnly;
		this.guarded = guarded;
	}

	/**
	 * Returns connections that do not tell private addresses from public ones.
	 * @param client sends all requests
	 * @return the connections
	 */
	public static HttpConnections anywhere(WebClient client) {
		return new HttpConnections(() -> client, () -> client, (configured) -> false);
	}

	/**
	 * Returns the client for a request.
	 * @param toPublicAddresses whether it must not connect to private addresses
	 * @return the client
	 */
	public WebClient client(boolean toPublicAddresses) {
		return toPublicAddresses ? this.publicOnly.get() : this.anywhere.get();
	}

	/**
	 * Returns whether redirects of a URL must lead to public addresses.
	 * @param configured the URL, whose host has answered
	 * @return {@code true} if they must
	 */
	public boolean guardsRedirectsOf(URI configured) {
		return this.guarded.test(configured);
	}

}
