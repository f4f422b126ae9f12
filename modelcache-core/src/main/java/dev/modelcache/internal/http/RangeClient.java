package dev.modelcache.internal.http;

import java.util.Set;
import java.util.function.Function;

import reactor.core.publisher.Mono;

/**
 * Fetches ranges of bytes over one kind of wire.
 * <p>
 * <em>Blocking</em>: must not block. <em>Errors</em>: {@link RequestFailedException}.
 */
public interface RangeClient {

	/**
	 * Returns the schemes of the mirrors that this client can ask.
	 * @return the schemes, lower case
	 */
	Set<String> schemes();

	/**
	 * Sends a request and hands the response to a consumer.
	 * @param request the request
	 * @param consumer takes the response; its result ends the exchange and frees the
	 * connection, also when the body was not read
	 * @return completes with the consumer's result; cancelling it ends the exchange
	 */
	Mono<Void> exchange(RangeRequest request, Function<RangeResponse, Mono<Void>> consumer);

}
