/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Docker's {@code config.json}, as {@code docker login} writes it, or Podman's
 * {@code auth.json}: credentials, or the names of programs that know them.
 * <p>
 * <em>Blocking</em>: all methods read the file.
 */
final class DockerConfig {

	private static final Logger logger = LoggerFactory.getLogger(DockerConfig.class);

	private static final int LARGEST = 1 << 20;

	/** What Docker calls its Hub in this file, for historical reasons. */
	private static final String HUB = "https://index.docker.io/v1/";

	/** Azure's name for whoever logs in with a token. */
	static final String TOKEN_USER = "00000000-0000-0000-0000-000000000000";

	private final Path file;

	private final boolean wholeHosts;

	/**
	 * Reads a file.
	 * @param file the file; need not exist
	 * @param wholeHosts whether a key with a path holds the credentials of its host, as
	 * Docker reads it, if no other key does
	 */
	DockerConfig(Path file, boolean wholeHosts) {
		this.file = file;
		this.wholeHosts = wholeHosts;
	}

	/** Returns the name by which the credentials of a registry are kept. */
	static String serverOf(String registry) {
		return ModelReference.DOCKER_HUB.equals(registry) ? HUB : registry;
	}

	/**
	 * Returns the name of the program that knows the credentials of a registry.
	 * @param registry the registry's host
	 * @return the name, or {@code null} where there is none
	 */
	@Nullable String helperFor(String registry) {
		JsonNode config = read();
		if (config == null) {
			return null;
		}
		String own = Json.texts(config, "credHelpers").get(serverOf(registry));
		String special = (own != null) ? own : Json.texts(config, "credHelpers").get(registry);
		return (special != null) ? special : Json.nonEmptyText(config, "credsStore");
	}

	/**
	 * Returns the credentials that the file itself holds.
	 * @param registry the registry's host
	 * @return the credentials, or {@code null} where there are none
	 */
	@Nullable Login loginFor(String registry) {
		return loginFor(registry, "");
	}

	/**
	 * Returns the credentials that the file itself holds. Those of a repository or of a
	 * part of its path, which Podman knows, come before those of the registry.
	 * @param registry the registry's host
	 * @param repository the repository, or an empty text
	 * @return the credentials, or {@code null} where there are none
	 */
	@Nullable Login loginFor(String registry, String repository) {
		JsonNode config = read();
		JsonNode auths = (config != null) ? config.get("auths") : null;
		if (auths == null || !auths.isObject()) {
			return null;
		}
		String wanted = registry + "/" + repository + "/";
		int best = 0;
		Login found = null;
		Login ofHost = null;
		for (var entry : auths.properties()) {
			String scope = scopeOf(entry.getKey()) + "/";
			Login login = (scope.length() > best && wanted.startsWith(scope) && entry.getValue().isObject())
					? login(entry.getValue()) : null;
			if (login != null) {
				best = scope.length();
				found = login;
			}
			if (this.wholeHosts && ofHost == null && scope.startsWith(registry + "/") && entry.getValue().isObject()) {
				ofHost = login(entry.getValue());
			}
		}
		return (found != null) ? found : ofHost;
	}

	private @Nullable Login login(JsonNode entry) {
		String identityToken = Json.nonEmptyText(entry, "identitytoken");
		String username = Json.nonEmptyText(entry, "username");
		String password = Json.nonEmptyText(entry, "password");
		String auth = Json.nonEmptyText(entry, "auth");
		if (auth != null) {
			String decoded = decode(auth);
			int colon = decoded.indexOf(':');
			if (colon > 0) {
				username = decoded.substring(0, colon);
				// Docker writes a NUL behind the password.
				password = decoded.substring(colon + 1).replaceAll("\0+$", "");
			}
		}
		String origin = this.file.toString();
		if (identityToken != null) {
			return new Login((username != null) ? username : TOKEN_USER, identityToken, origin, true);
		}
		if (username == null || password == null || password.isEmpty()) {
			return null;
		}
		return new Login(username, password, origin, true);
	}

	private static String decode(String auth) {
		try {
			return new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return "";
		}
	}

	/**
	 * Keys are hosts, but old ones of Docker's are URLs of an API, and those of Podman's
	 * may have a part of the path of repositories.
	 */
	private static String scopeOf(String key) {
		String scope = key.toLowerCase(Locale.ROOT).replaceFirst("/+$", "");
		boolean url = scope.startsWith("https://") || scope.startsWith("http://");
		String name = url ? scope.substring(scope.indexOf("://") + 3) : scope;
		int slash = name.indexOf('/');
		if (slash < 0) {
			return OciNames.registry(name);
		}
		String path = name.substring(slash);
		boolean api = url || path.equals("/v1") || path.equals("/v2");
		return OciNames.registry(name.substring(0, slash)) + (api ? "" : path);
	}

	private @Nullable JsonNode read() {
		if (!Files.isRegularFile(this.file)) {
			return null;
		}
		try (InputStream in = Files.newInputStream(this.file)) {
			byte[] bytes = in.readNBytes(LARGEST + 1);
			if (bytes.length <= LARGEST) {
				return Json.object(bytes);
			}
			logger.warn("{} is too large and is not read", this.file);
		}
		catch (IOException ex) {
			logger.warn("{} cannot be read: {}", this.file, ex.toString());
		}
		catch (IllegalArgumentException ex) {
			logger.warn("{} is not a JSON object and is not used", this.file);
		}
		return null;
	}

}
