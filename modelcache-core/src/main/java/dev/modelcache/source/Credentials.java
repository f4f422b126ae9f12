package dev.modelcache.source;

import java.util.List;
import java.util.Map;

import reactor.core.publisher.Mono;

/**
 * Request headers that an origin wants, and that it may refuse after a while, such as a
 * token that expires in the middle of a long transfer. A refusal that is settled here is
 * no failed request: nobody counts it as one.
 * <p>
 * <em>Thread-safety</em>: may be asked from any thread; requests that are refused at the
 * same time share one renewal. <em>Blocking</em>: must not block.
 */
public interface Credentials {

	/** No credentials. */
	Credentials NONE = new Credentials() {

		@Override
		public Mono<Map<String, String>> headers() {
			return Mono.just(Map.of());
		}

		@Override
		public Mono<Boolean> refused(Map<String, String> headers, List<String> challenges) {
			return Mono.just(false);
		}

		@Override
		public String toString() {
			return "none";
		}

	};

	/**
	 * Returns the headers to send now.
	 * @return the headers, for the mirror's origin alone; never printed
	 */
	Mono<Map<String, String>> headers();

	/**
	 * Takes note that the mirror's own origin answered 401.
	 * @param headers what {@link #headers()} had given for the refused request
	 * @param challenges the values of its {@code WWW-Authenticate} headers (RFC 9110,
	 * section 11.6.1)
	 * @return whether {@link #headers()} now gives others, so that the request is worth
	 * repeating, once; a {@link dev.modelcache.ModelCacheException} where credentials are
	 * wrong or missing
	 */
	Mono<Boolean> refused(Map<String, String> headers, List<String> challenges);

}
