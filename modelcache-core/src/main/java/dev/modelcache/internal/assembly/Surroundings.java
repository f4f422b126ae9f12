/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.HuggingFaceOptions;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.WebUrl;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.HubCacheSettings;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * Defaults from environment variables and the home directory, read as the other tools
 * read them. A variable that is not a valid path is ignored.
 */
final class Surroundings {

	private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");

	/** The directory of Ollama's installer for Linux. */
	private static final Path OLLAMA_SERVICE = Path.of("/usr/share/ollama/.ollama/models");

	/** As Hugging Face's library reads its own variables. */
	private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

	private static final String ENDPOINT = "HF_ENDPOINT";

	private final Function<String, @Nullable String> environment;

	private final Path home;

	/**
	 * Creates a reader.
	 * @param environment returns environment variables, and {@code user.home}
	 */
	Surroundings(Function<String, @Nullable String> environment) {
		this.environment = environment;
		this.home = Path.of(raw("user.home")).toAbsolutePath();
	}

	/** Returns an environment variable as it is. */
	@Nullable String variable(String name) {
		return this.environment.apply(name);
	}

	private String raw(String variable) {
		String value = this.environment.apply(variable);
		return (value != null) ? value : "";
	}

	private String text(String variable) {
		return raw(variable).strip();
	}

	/** Returns {@code ${XDG_CACHE_HOME:~/.cache}/modelcache}. */
	Path cacheDirectory() {
		String xdg = raw("XDG_CACHE_HOME");
		// XDG Base Directory Specification 0.8: a relative path is invalid and ignored.
		boolean usable = !xdg.isBlank() && Path.of(xdg).isAbsolute();
		return (usable ? Path.of(xdg) : this.home.resolve(".cache")).resolve("modelcache");
	}

	boolean offline() {
		return TRUE.contains(raw("HF_HUB_OFFLINE").toUpperCase(Locale.ROOT));
	}

	/** The directories need not exist. */
	AdoptionSettings adoption(HuggingFaceOptions hub) {
		Path ollama = path("OLLAMA_MODELS").orElse(this.home.resolve(".ollama/models"));
		return new AdoptionSettings(true, List.of(hubCache(hub)),
				Stream.of(ollama, OLLAMA_SERVICE.toAbsolutePath()).distinct().toList());
	}

	HubCacheSettings sharedHubCache(HuggingFaceOptions hub) {
		return new HubCacheSettings(hubCache(hub),
				!TRUE.contains(text("HF_HUB_DISABLE_SYMLINKS").toUpperCase(Locale.ROOT)));
	}

	private Path hubCache(HuggingFaceOptions hub) {
		if (hub.cacheDirectory() != null) {
			return hub.cacheDirectory();
		}
		return path("HF_HUB_CACHE").or(() -> path("HUGGINGFACE_HUB_CACHE"))
			.or(() -> path("HF_HOME").map((directory) -> directory.resolve("hub")))
			.orElseGet(() -> path("XDG_CACHE_HOME").orElse(this.home.resolve(".cache")).resolve("huggingface/hub"));
	}

	private Optional<Path> path(String name) {
		String text = text(name);
		if (text.isEmpty()) {
			return Optional.empty();
		}
		String expanded = VARIABLE.matcher(text)
			.replaceAll((variable) -> Matcher
				.quoteReplacement(text((variable.group(1) != null) ? variable.group(1) : variable.group(2))));
		try {
			return Optional.of((expanded.equals("~") || expanded.startsWith("~/"))
					? this.home.resolve(expanded.substring(Math.min(2, expanded.length())))
					: Path.of(expanded).toAbsolutePath());
		}
		catch (InvalidPathException ex) {
			return Optional.empty();
		}
	}

	/** {@code DOCKER_CONFIG} names the directory, as for Docker itself. */
	@Nullable Path dockerConfig() {
		String directory = raw("DOCKER_CONFIG");
		try {
			Path base = StringUtils.hasText(directory) ? Path.of(directory) : this.home.resolve(".docker");
			return base.toAbsolutePath().resolve("config.json");
		}
		catch (InvalidPathException ex) {
			return null;
		}
	}

	/**
	 * Reads which Hub to ask and with which token. No message shows the endpoint, which
	 * may contain a password.
	 */
	HubSettings hub(HuggingFaceOptions hub, Keys keys, boolean insecureHttpAllowed) {
		HubToken token = new HubToken(hub.token(), this.environment, this.home);
		String configured = hub.endpoint();
		String variable = raw(ENDPOINT);
		URI endpoint = HubSettings.DEFAULT_ENDPOINT;
		if (configured != null && StringUtils.hasText(configured)) {
			endpoint = endpoint(keys.key("huggingface.endpoint"), configured, keys, insecureHttpAllowed);
		}
		else if (StringUtils.hasText(variable)) {
			endpoint = endpoint(ENDPOINT, variable, keys, insecureHttpAllowed);
		}
		return new HubSettings(endpoint, token, hubCache(hub));
	}

	private static URI endpoint(String key, String text, Keys keys, boolean insecureHttpAllowed) {
		URI url;
		try {
			url = new URI(text.strip().replaceFirst("/+$", ""));
		}
		catch (URISyntaxException ex) {
			throw wrong(key, "is not a valid URL");
		}
		String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
		if (!scheme.equals("https") && !scheme.equals("http")) {
			throw wrong(key, "is neither an https nor an http URL");
		}
		if (scheme.equals("http") && !insecureHttpAllowed) {
			throw new ModelConfigurationException(null, key,
					"uses plain HTTP, which is not protected against eavesdropping and tampering",
					"Use https, or set " + keys.key("download.allow-insecure-http") + "=true");
		}
		if (WebUrl.hostAndPort(url) == null) {
			throw wrong(key, "has no valid host");
		}
		if (url.getRawAuthority().indexOf('@') >= 0 || url.getRawQuery() != null || url.getRawFragment() != null) {
			throw wrong(key, "contains user-info, a query or a fragment");
		}
		return url;
	}

	private static ModelConfigurationException wrong(String key, String problem) {
		return new ModelConfigurationException(null, key, problem,
				"Use the URL of the Hub, such as " + HubSettings.DEFAULT_ENDPOINT);
	}

}
