package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;

import javax.net.ssl.SSLException;

import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.WebClientException;
import reactor.core.Exceptions;

/**
 * A request about a model that brought no usable answer.
 */
final class FailedRequest extends RuntimeException {

	private final String problem;

	private final String action;

	private final boolean worthRetrying;

	private FailedRequest(MetadataRequest request, String problem, String action, boolean worthRetrying,
			@Nullable Throwable cause) {
		super(RedactedUri.of(request.uri()) + " " + problem, cause);
		this.problem = RedactedUri.of(request.uri()) + " " + problem;
		this.action = action;
		this.worthRetrying = worthRetrying;
	}

	/** Another try would be answered alike. */
	static FailedRequest refused(MetadataRequest request, String problem) {
		return new FailedRequest(request, problem, "Check what the URL leads to", false, null);
	}

	/** Another try may be answered. */
	static FailedRequest passing(MetadataRequest request, String problem, @Nullable Throwable cause) {
		return new FailedRequest(request, problem, "Check the network and the URL, and try again", true, cause);
	}

	/**
	 * Tells by its types alone what the failure of an HTTP client means.
	 * @param failure what the client raised
	 * @param hop where the request was, or had been, on its way
	 * @return the failure; what is no failure of a request stays as it is
	 */
	static Throwable classify(Throwable failure, Hop hop) {
		MetadataRequest request = hop.request();
		Throwable error = Exceptions.unwrap(failure);
		Throwable classified = (error instanceof FailedRequest) ? error : classified(error, request);
		SentSecrets sent = new SentSecrets(request.uri(), request.headers());
		boolean repeats = ((hop.number() > 0) ? sent.andLink(hop.uri()) : sent).areIn(classified);
		return (repeats && classified instanceof FailedRequest failed)
				? new FailedRequest(request, "failed", failed.action, failed.worthRetrying, null) : classified;
	}

	private static Throwable classified(Throwable error, MetadataRequest request) {
		ConnectionFailedException explained = ConnectionFailedException.in(error);
		if (explained != null) {
			return new FailedRequest(request, explained.problem(), explained.action(),
					explained.kind().isWorthRetrying(), error);
		}
		if (hasCause(error, SSLException.class)) {
			return new FailedRequest(request, "cannot be trusted",
					"Check its certificate and " + "hooks.llm.download.ssl-bundle", false, error);
		}
		if (hasCause(error, UnknownHostException.class)) {
			return passing(request, "has an unknown host name", error);
		}
		if (hasCause(error, ConnectException.class) || hasCause(error, NoRouteToHostException.class)) {
			return passing(request, "does not accept connections", error);
		}
		if (error instanceof WebClientException || hasCause(error, IOException.class)) {
			return passing(request, "broke the connection", error);
		}
		return error;
	}

	private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
		for (Throwable t = failure; t != null; t = t.getCause()) {
			if (type.isInstance(t)) {
				return true;
			}
		}
		return false;
	}

	String problem() {
		return this.problem;
	}

	String action() {
		return this.action;
	}

	boolean isWorthRetrying() {
		return this.worthRetrying;
	}

}
