/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.MetadataResponse;
import dev.modelcache.internal.http.SentSecrets;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * What the Hub's refusals mean, and what to do about them. Decides on status codes and
 * the {@code X-Error-Code} header alone; the Hub's own words are only passed on.
 *
 * @param modelId the model's id
 * @param endpoint the Hub
 * @param url what was asked for
 * @param anonymous whether it was asked without a token
 * @param sent what was sent, which the Hub's words may repeat
 * @param pause tells how long an answer wants us to wait
 */
record HubErrors(String modelId, URI endpoint, HubUrl url, boolean anonymous, SentSecrets sent,
		Function<MetadataResponse, @Nullable Duration> pause) {

	static final String ERROR_CODE = "X-Error-Code";

	private static final String TOKEN = "hooks.llm.huggingface.token (or HF_TOKEN)";

	private static final int LONGEST_QUOTE = 200;

	/**
	 * Returns the error that an answer is.
	 * @param response an answer that is no success
	 * @return the error
	 */
	ModelCacheException of(MetadataResponse response) {
		String code = response.header(ERROR_CODE);
		if ("GatedRepo".equals(code)) {
			return gated(response);
		}
		return switch (response.status()) {
			case 401 -> unauthorized();
			case 403 -> new ModelAccessDeniedException(this.modelId,
					hub() + " denies access to " + this.url.repository()
							+ (this.anonymous ? "" : " to the token's owner") + words(response),
					"Look at " + page() + "; the repository may be disabled, and a fine-grained token requires the "
							+ "permission to read it");
			case 404, 410 -> notFound(code);
			case 429 -> tooManyRequests(response);
			default -> response.isRedirect() ? movedAway(response)
					: new ModelTransferException(this.modelId,
							hub() + " answered " + response.status() + words(response),
							"Try again later, or use a mirror", null);
		};
	}

	/**
	 * Returns whether an answer says that there is no such repository, or none for us.
	 */
	static boolean isMissingRepository(MetadataResponse response) {
		String code = response.header(ERROR_CODE);
		return (code != null) ? code.equals("RepoNotFound") : Set.of(401, 404, 410).contains(response.status());
	}

	/**
	 * Returns the error of a list of files that is needed and that the API does not give.
	 * @param response an answer that is no success
	 * @return the error
	 */
	ModelCacheException ofList(MetadataResponse response) {
		return (response.status() < 500) ? of(response) : new ModelTransferException(this.modelId,
				hub() + " answered " + response.status() + " to the request for the list of files of "
						+ this.url.repository() + words(response),
				"Try again later, use a mirror, or use the URL of a single file, such as hf://org/repo/path, without "
						+ "hooks.llm.files, which does not require the list",
				null);
	}

	ModelAccessDeniedException gated(MetadataResponse response) {
		String problem = "the repository " + this.url.repository() + " is gated: its licence must be accepted "
				+ "before its files can be downloaded";
		return this.anonymous
				? new ModelAccessDeniedException(this.modelId, problem + ", and no token was sent",
						"Accept the licence at " + page() + ", and set " + TOKEN + " to a token of that account")
				: new ModelAccessDeniedException(this.modelId,
						problem + ", but the owner of the token has not accepted it, or the token is not allowed to "
								+ "read gated repositories" + words(response),
						"Accept the licence at " + page() + " with the account of " + TOKEN);
	}

	private ModelAccessDeniedException unauthorized() {
		return this.anonymous
				? new ModelAccessDeniedException(this.modelId,
						hub() + " has no repository " + this.url.repository()
								+ " that can be read without a token: it does not exist or is private",
						"Check the name; if the repository is private, set " + TOKEN)
				: new ModelAccessDeniedException(this.modelId, hub() + " rejects the token",
						"Renew " + TOKEN + ", or remove it to read public repositories only");
	}

	private ModelNotFoundException notFound(@Nullable String code) {
		if ("RevisionNotFound".equals(code)) {
			return new ModelNotFoundException(this.modelId,
					"the repository " + this.url.repository() + " has no revision '" + this.url.revision() + "'",
					"Use a branch, a tag or a commit that " + page() + " shows");
		}
		if ("EntryNotFound".equals(code)) {
			return new ModelNotFoundException(this.modelId,
					"the repository " + this.url.repository() + " has no file '" + this.url.path() + "' at revision '"
							+ this.url.revision() + "'",
					"Use a file that " + page() + "/tree/" + this.url.revision() + " shows");
		}
		return new ModelNotFoundException(this.modelId, hub() + " has no repository " + this.url.repository()
				+ (this.anonymous ? "" : ", or the owner of the token has no access to it"), "Check the name");
	}

	private ModelTransferException tooManyRequests(MetadataResponse response) {
		Duration delay = this.pause.apply(response);
		return new ModelTransferException(this.modelId,
				hub() + " received too many requests"
						+ ((delay != null) ? ", next request possible in " + delay.toSeconds() + " s" : ""),
				this.anonymous ? "Wait, or set " + TOKEN + " for a higher limit" : "Wait", null);
	}

	private ModelTransferException movedAway(MetadataResponse response) {
		String location = response.header(HttpHeaders.LOCATION);
		return new ModelTransferException(this.modelId,
				hub() + " redirects elsewhere"
						+ ((location != null && !this.sent.areIn(location)) ? ", to " + redacted(location) : ""),
				"Set hooks.llm.huggingface.endpoint (or HF_ENDPOINT) to the Hub to which it redirects", null);
	}

	/**
	 * Returns the error of an endpoint that answers unlike a Hub.
	 * @param missing what its answers lack, to follow "it"
	 * @param action what to do, besides another endpoint
	 * @return the error
	 */
	ModelTransferException noHub(String missing, String action) {
		return new ModelTransferException(this.modelId,
				hub() + " does not behave like a Hugging Face Hub: it " + missing,
				action + ", or set hooks.llm.huggingface.endpoint (or HF_ENDPOINT) to a Hub", null);
	}

	/**
	 * Returns the error of a repository that the Hub serves to nobody.
	 */
	ModelAccessDeniedException disabled() {
		return new ModelAccessDeniedException(this.modelId,
				"the repository " + this.url.repository() + " is disabled: the Hub does not serve its files",
				"Look at " + page() + " for the reason, and use another repository");
	}

	private String hub() {
		return RedactedUri.of(this.endpoint);
	}

	private String page() {
		return RedactedUri.of(this.endpoint) + "/" + this.url.repository();
	}

	private static String redacted(String location) {
		try {
			String shown = RedactedUri.of(URI.create(location));
			return shown.substring(0, Math.min(LONGEST_QUOTE, shown.length()));
		}
		catch (IllegalArgumentException ex) {
			return "an invalid URL";
		}
	}

	/** What the Hub says itself, which nobody should decide on. */
	private String words(MetadataResponse response) {
		String message = response.header("X-Error-Message");
		if (message == null || message.isBlank() || this.sent.areIn(message)) {
			return "";
		}
		String printable = message.replaceAll("[^\\x20-\\x7e]", "?");
		return ", saying \"" + printable.substring(0, Math.min(LONGEST_QUOTE, printable.length())) + "\"";
	}

}
