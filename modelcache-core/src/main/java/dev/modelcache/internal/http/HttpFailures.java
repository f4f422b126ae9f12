package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;

import javax.net.ssl.SSLException;

import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.http.ConnectionFailedException.Kind;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import io.netty.channel.ChannelException;
import io.netty.handler.codec.CodecException;
import org.springframework.web.reactive.function.client.WebClientException;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.Exceptions;

/**
 * Tells what the failure of an HTTP client means, by its types alone.
 */
final class HttpFailures {

	private HttpFailures() {
	}

	/**
	 * Classifies a failure.
	 * @param failure what the client raised
	 * @param mirror whom it was talking to
	 * @return our own exceptions as they are; everything else as a failed request. A
	 * broken connection can come as a response exception of status 200, so only its cause
	 * counts.
	 */
	static Throwable classify(Throwable failure, Mirror mirror) {
		Throwable error = Exceptions.unwrap(failure);
		if (error instanceof RequestFailedException || error instanceof ModelCacheException) {
			return error;
		}
		ConnectionFailedException explained = ConnectionFailedException.in(error);
		if (explained != null) {
			return new RequestFailedException(reason(explained.kind()), mirror, explained.problem(), error);
		}
		if (hasCause(error, SSLException.class)) {
			return new RequestFailedException(Reason.UNTRUSTED, mirror, "cannot be trusted: " + root(error), error);
		}
		if (hasCause(error, UnknownHostException.class)) {
			return new RequestFailedException(Reason.UNREACHABLE, mirror, "has an unknown host name", error);
		}
		if (hasCause(error, ConnectException.class) || hasCause(error, NoRouteToHostException.class)) {
			return new RequestFailedException(Reason.UNREACHABLE, mirror, "does not accept connections", error);
		}
		if (!(error instanceof WebClientException) && !hasCause(error, IOException.class)
				&& !hasCause(error, ChannelException.class) && !hasCause(error, CodecException.class)) {
			return new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror,
					"cannot be read: " + FailureBoundary.describe(error), error);
		}
		String where = (error instanceof WebClientRequestException) ? "broke the connection before it answered"
				: "broke the connection";
		return new RequestFailedException(Reason.RESET, mirror, where, error);
	}

	private static Reason reason(Kind kind) {
		return switch (kind) {
			case PRIVATE_ADDRESS -> Reason.PRIVATE_ADDRESS;
			case PROXY_DENIED -> Reason.PROXY_DENIED;
			case PROXY_FAILED -> Reason.PROXY_FAILED;
		};
	}

	private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
		for (Throwable t = failure; t != null; t = t.getCause()) {
			if (type.isInstance(t)) {
				return true;
			}
		}
		return false;
	}

	/** The type of the deepest cause; its text may hold what must not be printed. */
	private static String root(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		return root.getClass().getSimpleName();
	}

}
