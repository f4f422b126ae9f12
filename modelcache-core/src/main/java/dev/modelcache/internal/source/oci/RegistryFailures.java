/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.time.Duration;
import java.util.List;
import java.util.Set;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.http.MetadataResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Tells what an answer means that is no success, by its status and by the codes in its
 * body (OCI distribution specification 1.1, "Error Codes"), and what to do.
 */
final class RegistryFailures {

	private static final Set<String> KNOWN = Set.of("BLOB_UNKNOWN", "DENIED", "MANIFEST_INVALID", "MANIFEST_UNKNOWN",
			"NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID", "TOOMANYREQUESTS", "UNAUTHORIZED", "UNSUPPORTED");

	private static final Set<String> MISSING = Set.of("BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "NAME_UNKNOWN");

	private static final Set<String> REFUSALS = Set.of("401", "403", "429", "DENIED", "TOOMANYREQUESTS",
			"UNAUTHORIZED");

	private final ModelReference reference;

	private final ModelRequest request;

	RegistryFailures(ModelReference reference, ModelRequest request) {
		this.reference = reference;
		this.request = request;
	}

	/**
	 * Returns what a registry's answer means.
	 * @param response the answer
	 * @param login the credentials that the registry was told, if any
	 * @param retryAfter when the registry wants to be asked again, if it said so
	 * @return the failure
	 */
	ModelCacheException of(MetadataResponse response, @Nullable Login login, @Nullable Duration retryAfter) {
		String code = code(response.body());
		String shown = response.status() + ((code != null) ? " " + code : "");
		if (response.status() == 429 || "TOOMANYREQUESTS".equals(code)) {
			return tooManyRequests(shown, login, retryAfter);
		}
		if (response.status() == 403 || "DENIED".equals(code)) {
			return denied(shown, login);
		}
		if (response.status() == 401 || "UNAUTHORIZED".equals(code)) {
			return unauthorized(shown, login);
		}
		if (response.status() == 404 || MISSING.contains(String.valueOf(code))) {
			return missing(shown, code);
		}
		return new ModelTransferException(this.request.id(),
				registry() + " answered " + shown + " to the request for " + this.reference,
				(response.status() >= 500) ? "Try again later, or configure a fallback-url"
						: "Check the URL, and that the registry supports the OCI distribution protocol",
				null);
	}

	/** Returns whether an answer is about credentials or limits. */
	static boolean isRefusal(MetadataResponse response) {
		return REFUSALS.contains(String.valueOf(response.status()))
				|| REFUSALS.contains(String.valueOf(code(response.body())));
	}

	/** The registry wants credentials that are not there, or refuses those that are. */
	ModelAccessDeniedException unauthorized(String shown, @Nullable Login login) {
		if (login != null) {
			return new ModelAccessDeniedException(this.request.id(),
					registry() + " rejects the credentials of " + login.origin() + " (" + shown + ")",
					"Correct the credentials, and check that they allow to pull " + this.reference.repository());
		}
		return new ModelAccessDeniedException(this.request.id(),
				registry() + " requires credentials for " + this.reference + " (" + shown + ")",
				logIn() + ". Check the name, too: some registries respond in this way if a model does not exist");
	}

	private String logIn() {
		if (this.reference.isOllama()) {
			return "Private models of the Ollama registry require the key of Ollama, which is not supported: pull "
					+ "the model with 'ollama pull', or use a registry that supports credentials";
		}
		String registry = this.reference.registry();
		return "Set hooks.llm.oci.registries[" + registry + "].username and .password" + Hosts.escaped(registry)
				+ ", or run 'docker login " + registry + "'";
	}

	private ModelAccessDeniedException denied(String shown, @Nullable Login login) {
		if (login == null) {
			return unauthorized(shown, null);
		}
		return new ModelAccessDeniedException(this.request.id(),
				registry() + " does not allow the credentials of " + login.origin() + " to pull "
						+ this.reference.repository() + " (" + shown + ")",
				"Ask the owner of the repository for access, or use other credentials");
	}

	private ModelNotFoundException missing(String shown, @Nullable String code) {
		boolean repository = "NAME_UNKNOWN".equals(code);
		return new ModelNotFoundException(this.request.id(),
				registry() + " has no " + (repository ? "repository " + this.reference.repository() : this.reference)
						+ " (" + shown + ")",
				repository
						? "Check the name, and that you have access: a registry may report a private repository "
								+ "as missing"
						: "Check the name and the " + ((this.reference.digest() != null) ? "digest" : "tag"));
	}

	private ModelTransferException tooManyRequests(String shown, @Nullable Login login, @Nullable Duration retryAfter) {
		String wait = (retryAfter != null) ? "Try again in " + retryAfter.toSeconds() + " seconds" : "Wait";
		return new ModelTransferException(this.request.id(), registry() + " received too many requests (" + shown + ")",
				(login != null) ? wait : wait + ", or configure credentials for a higher limit", null);
	}

	private String registry() {
		return "the registry " + this.reference.registry();
	}

	/** Returns the first code that the specification knows; nothing else is repeated. */
	private static @Nullable String code(byte[] body) {
		try {
			List<JsonNode> errors = Json.elements(Json.object(body), "errors");
			return (errors != null) ? errors.stream()
				.filter(JsonNode::isObject)
				.map((error) -> String.valueOf(Json.text(error, "code")))
				.filter(KNOWN::contains)
				.findFirst()
				.orElse(null) : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
