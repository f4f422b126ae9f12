/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * A model in a registry, as an {@code ollama:} or {@code oci:} URL names it. Immutable.
 *
 * @param scheme {@code ollama} or {@code oci}
 * @param registry the registry's host, with its port if the URL names one, lower case
 * @param repository the repository, such as {@code library/gemma}
 * @param tag the tag, or {@code null} where a digest is given
 * @param digest the manifest's digest, {@code sha256:<64 hex>}, or {@code null}
 */
record ModelReference(String scheme, String registry, String repository, @Nullable String tag,
		@Nullable String digest) {

	/** The scheme of names that Ollama knows. */
	static final String OLLAMA = "ollama";

	/** The scheme of names in any other registry. */
	static final String OCI = "oci";

	/** The registry of a name without a host, for Ollama. */
	static final String OLLAMA_REGISTRY = "registry.ollama.ai";

	/** The name of Docker Hub, whose API has another host. */
	static final String DOCKER_HUB = "docker.io";

	private static final String DOCKER_HUB_API = "registry-1.docker.io";

	/**
	 * Reads a URL.
	 * @param uri {@code ollama://[host[:port]/][namespace/]name[:tag]} or
	 * {@code oci://host[:port]/repository[:tag|@digest]}; user-info before the host is
	 * not part of the reference
	 * @return the reference
	 * @throws IllegalArgumentException if the URL is no such name; the message, a part of
	 * a sentence, shows nothing of it but the names that are wrong
	 */
	static ModelReference parse(URI uri) {
		String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
		if (uri.isOpaque() || uri.getRawAuthority() == null) {
			throw new IllegalArgumentException("has no // after its scheme");
		}
		if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
			throw new IllegalArgumentException("contains a query or a fragment");
		}
		String authority = uri.getRawAuthority();
		String name = authority.substring(authority.lastIndexOf('@') + 1) + uri.getRawPath();
		return OLLAMA.equals(scheme) ? OllamaNames.parse(name) : OciNames.parse(name);
	}

	/** Returns what follows {@code /manifests/} in a request. */
	String tagOrDigest() {
		return (this.digest != null) ? this.digest : String.valueOf(this.tag);
	}

	/** Returns the host and port that answers for the registry. */
	String apiAuthority() {
		return DOCKER_HUB.equals(this.registry) ? DOCKER_HUB_API : this.registry;
	}

	/** Returns whether Ollama's own rules hold for this model. */
	boolean isOllama() {
		return OLLAMA.equals(this.scheme);
	}

	/** Returns the last part of the repository, the model's own name. */
	String model() {
		return this.repository.substring(this.repository.lastIndexOf('/') + 1);
	}

	/**
	 * Returns a name for a file of which the registry tells none.
	 * @param extension the extension, with its dot
	 * @return {@code model.gguf}, or {@code model-tag.gguf} for another tag than
	 * {@code latest}
	 */
	String fileName(String extension) {
		boolean plain = this.tag == null || this.tag.equals("latest");
		return (plain ? model() : model() + "-" + this.tag) + extension;
	}

	/**
	 * Returns the reference as the registry's tools write it.
	 * @return {@code host/repository:tag} or {@code host/repository@digest}
	 */
	@Override
	public String toString() {
		return this.registry + "/" + this.repository + ((this.digest != null) ? "@" + this.digest : ":" + this.tag);
	}

}
