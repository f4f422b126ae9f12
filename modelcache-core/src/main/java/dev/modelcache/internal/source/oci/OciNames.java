/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The grammar of references of the OCI distribution specification 1.1 ("Pulling
 * manifests"): {@code host[:port]/repository[:tag|@digest]}.
 */
final class OciNames {

	/** RFC 3986 hosts that are names or IPv4 or, in brackets, IPv6 addresses. */
	private static final Pattern HOST = Pattern
		.compile("([A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}])(:[0-9]{1,5})?");

	private static final Pattern REPOSITORY = Pattern
		.compile("[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*");

	private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

	private static final int LONGEST_REPOSITORY = 255;

	private OciNames() {
	}

	static ModelReference parse(String name) {
		int slash = name.indexOf('/');
		if (slash < 0) {
			throw new IllegalArgumentException("has no repository after the host");
		}
		String host = name.substring(0, slash).toLowerCase(Locale.ROOT);
		if (!Hosts.isHost(host)) {
			throw new IllegalArgumentException("does not start with a host (which contains a dot or a colon, or is "
					+ "localhost); models on Docker Hub start with docker.io/");
		}
		if (!HOST.matcher(host).matches()) {
			throw new IllegalArgumentException("has no valid host");
		}
		String rest = name.substring(slash + 1);
		int at = rest.indexOf('@');
		String digest = (at < 0) ? null : digest(rest.substring(at + 1));
		String repositoryAndTag = (at < 0) ? rest : rest.substring(0, at);
		int colon = repositoryAndTag.indexOf(':');
		String repository = (colon < 0) ? repositoryAndTag : repositoryAndTag.substring(0, colon);
		// Where both are given, the digest decides, as it does for Docker.
		String tag = (colon < 0) ? "latest" : tag(repositoryAndTag.substring(colon + 1));
		return new ModelReference(ModelReference.OCI, registry(host), repository(host, repository),
				(digest != null) ? null : tag, digest);
	}

	/** Returns one name for each registry: Docker Hub has three. */
	static String registry(String host) {
		return isDockerHub(host) ? ModelReference.DOCKER_HUB : host;
	}

	private static boolean isDockerHub(String host) {
		return host.equals(ModelReference.DOCKER_HUB) || host.equals("index.docker.io")
				|| host.equals("registry-1.docker.io");
	}

	private static String repository(String host, String repository) {
		if (repository.length() > LONGEST_REPOSITORY || !REPOSITORY.matcher(repository).matches()) {
			throw new IllegalArgumentException("has no valid repository: lower-case letters and digits, with dots,"
					+ " dashes and underscores between them, in parts with slashes between them");
		}
		return (isDockerHub(host) && repository.indexOf('/') < 0) ? "library/" + repository : repository;
	}

	private static String tag(String tag) {
		if (!TAG.matcher(tag).matches()) {
			throw new IllegalArgumentException(
					"has no valid tag: up to 128 letters, digits, underscores, dots, dashes");
		}
		return tag;
	}

	private static @Nullable String digest(String digest) {
		if (!Descriptor.isDigest(digest)) {
			throw new IllegalArgumentException("has no valid digest: sha256: and 64 lower-case hexadecimal digits");
		}
		return digest;
	}

}
