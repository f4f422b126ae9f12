package dev.modelcache.internal.http;

import java.util.List;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * The mirror's own origin answered 401. Its credentials may settle that before it counts
 * as a failed request.
 */
final class RefusedException extends RuntimeException {

	private final RequestFailedException failure;

	private final List<String> challenges;

	RefusedException(RangeRequest request, ClientResponse response) {
		super(null, null, false, false);
		this.failure = new RequestFailedException(Reason.ACCESS_DENIED, request.mirror(), 401, null);
		this.challenges = List.copyOf(response.headers().header(HttpHeaders.WWW_AUTHENTICATE));
	}

	/** Returns what the refusal is where nothing settles it. */
	RequestFailedException failure() {
		return this.failure;
	}

	/** Returns the values of the {@code WWW-Authenticate} headers. */
	List<String> challenges() {
		return this.challenges;
	}

}
