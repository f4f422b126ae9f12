package dev.modelcache.internal.http;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.http.RequestFailedException.Reason;

/**
 * Makes one exception of all failed requests: a specific one where every mirror said the
 * same, else one that says what happened last. The requests are its suppressed
 * exceptions.
 */
public final class Failures {

	private Failures() {
	}

	/**
	 * Summarizes failed requests.
	 * @param modelId the model's id
	 * @param failures the failed requests in their order; at least one
	 * @return the summary
	 */
	public static ModelCacheException summarize(String modelId, List<RequestFailedException> failures) {
		ModelCacheException summary = describe(modelId, failures);
		failures.forEach(summary::addSuppressed);
		return summary;
	}

	private static ModelCacheException describe(String id, List<RequestFailedException> failures) {
		Set<Reason> reasons = failures.stream()
			.map(RequestFailedException::reason)
			.collect(Collectors.toCollection(() -> EnumSet.noneOf(Reason.class)));
		RequestFailedException last = failures.get(failures.size() - 1);
		String problem = String.valueOf(last.getMessage());
		if (reasons.equals(Set.of(Reason.NOT_FOUND))) {
			return new ModelNotFoundException(id, problem, "Correct the URL, or configure a mirror or fallback");
		}
		if (reasons.equals(Set.of(Reason.ACCESS_DENIED))) {
			return new ModelAccessDeniedException(id, problem,
					"Give credentials for that host: hooks.llm.download.headers.Authorization or user-info in the URL;"
							+ " a gated model also wants its licence accepted on its web page");
		}
		if (reasons.equals(Set.of(Reason.PROXY_DENIED))) {
			return new ModelAccessDeniedException(id, problem, action(last), last);
		}
		if (reasons.equals(Set.of(Reason.LINK_REFUSED))) {
			return new ModelAccessDeniedException(id, problem,
					"Check that the first host may give you the file at all, that a proxy does not keep its redirects,"
							+ " and that the clock is right: such links soon expire");
		}
		if (reasons.equals(Set.of(Reason.OTHER_DIGEST))) {
			return new ModelIntegrityException(id, problem,
					"Check which of the two is right: correct the expected digest, or use another source");
		}
		if (reasons.equals(Set.of(Reason.NOT_A_MODEL))) {
			return new ModelFormatException(id, problem,
					"Open the URL in a browser: a login page or a proxy's page may be in the way");
		}
		return new ModelTransferException(id,
				problem + " (" + failures.size() + " failed " + ((failures.size() == 1) ? "request" : "requests") + ")",
				action(last), last);
	}

	private static String action(RequestFailedException last) {
		ConnectionFailedException explained = ConnectionFailedException.in(last);
		if (explained != null) {
			return explained.action();
		}
		return switch (last.reason()) {
			case UNREACHABLE, TIMEOUT, RESET, STALLED, TOO_SLOW ->
				"Check the network, the proxy and the host name; a mirror or fallback-url helps when a host is down";
			case SERVER_ERROR, TOO_MANY_REQUESTS, TOO_BUSY, CIRCUIT_OPEN ->
				"Wait for the server to recover, or configure a mirror or fallback-url";
			case UNTRUSTED -> "Configure hooks.llm.download.ssl-bundle with the certificate authority of that host";
			case BAD_REDIRECT -> "Use the https URL that the server redirects to, or another source";
			case UNPROVABLE -> "Configure expected-checksum for this model";
			default -> "Check what the server sends at that URL, or configure a mirror or fallback-url";
		};
	}

}
