/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.File;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.HuggingFaceOptions;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.FileNameEncoding;
import dev.modelcache.internal.ProcessUser;
import dev.modelcache.internal.WebUrl;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.StoreSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import org.springframework.util.StringUtils;
import org.springframework.util.function.SingletonSupplier;

/**
 * Defaults from environment variables and the home directory, read as the other tools
 * read them. A variable that is not a valid path is ignored. Directories are looked for
 * when they are requested, so that a missing one matters only to what requires it.
 */
final class Surroundings {

	private static final Logger logger = LoggerFactory.getLogger(Surroundings.class);

	private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");

	/** The directory of Ollama's installer for Linux. */
	private static final Path OLLAMA_SERVICE = Path.of("/usr/share/ollama/.ollama/models");

	/** As Hugging Face's library reads its own variables. */
	private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

	private static final String XDG_CACHE_HOME = "XDG_CACHE_HOME";

	private static final String ENDPOINT = "HF_ENDPOINT";

	private final Function<String, @Nullable String> environment;

	private final HomeDirectory home;

	/** Where the Hub's tools have their cache if nothing names it. */
	private final Supplier<@Nullable Path> hubInCaches;

	/**
	 * Creates a reader.
	 * @param environment returns environment variables, and {@code user.home}
	 */
	Surroundings(Function<String, @Nullable String> environment) {
		this.environment = environment;
		this.home = new HomeDirectory(environment);
		this.hubInCaches = SingletonSupplier.ofNullable(() -> inCaches(path(XDG_CACHE_HOME).orElse(null),
				"huggingface/hub", Level.INFO, "the cache of the Hub's tools"));
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

	/**
	 * Returns {@code ${XDG_CACHE_HOME:~/.cache}/modelcache}.
	 * @return the directory, or {@code null} if this user can write to none
	 */
	@Nullable Path cacheDirectory() {
		String xdg = raw(XDG_CACHE_HOME);
		try {
			return inCaches(isAbsolute(xdg) ? Path.of(xdg) : null, "modelcache", Level.WARN, "the cache");
		}
		catch (InvalidPathException ex) {
			return null;
		}
	}

	private @Nullable Path inCaches(@Nullable Path xdg, String name, Level level, String what) {
		Path directory = child(xdg, name);
		if (directory != null && mayExist(directory)) {
			return directory;
		}
		Path inHome = this.home.cache(name);
		if (xdg != null && directory != null && inHome != null) {
			Path existing = existing(directory);
			logger.atLevel(level)
				.log("{}; {} is {}",
						existing.startsWith(xdg) && !existing.equals(xdg)
								? existing + " in " + XDG_CACHE_HOME + " cannot be written by this user"
								: HomeDirectory.problem(XDG_CACHE_HOME, xdg.toString()),
						what, inHome);
		}
		return inHome;
	}

	/**
	 * Returns whether a directory exists or this user may create it. What stands in its
	 * way and is not a directory is explained later.
	 */
	private static boolean mayExist(Path directory) {
		Path existing = existing(directory);
		return existing.equals(directory) || !Files.isDirectory(existing) || Files.isWritable(existing);
	}

	private static Path existing(Path directory) {
		Path existing = directory;
		while (existing.getParent() != null && !Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
			existing = existing.getParent();
		}
		return existing;
	}

	/** XDG Base Directory Specification 0.8: a relative path is invalid and ignored. */
	private static boolean isAbsolute(String path) {
		return Path.of(path).isAbsolute();
	}

	private static @Nullable Path child(@Nullable Path directory, String name) {
		return (directory != null) ? directory.resolve(name) : null;
	}

	/** Explains why {@link #cacheDirectory()} returns no directory. */
	StoreSettings.NoDirectory withoutCacheDirectory(Keys keys) {
		String key = keys.key("cache.directory");
		String xdg = raw(XDG_CACHE_HOME);
		String action = "set " + key + " to a directory to which this user can write";
		boolean damaged = FileNameEncoding.mayBeDamaged(xdg) || this.home.mayBeDamaged();
		return new StoreSettings.NoDirectory(key,
				"is not set, and there is no default: " + HomeDirectory.problem(XDG_CACHE_HOME, xdg) + "; "
						+ this.home.problems(),
				damaged ? FileNameEncoding.ACTION + ", or " + action : StringUtils.capitalize(action));
	}

	/**
	 * Returns the path that a text means, which may begin with {@code ~}.
	 * @param modelId the id of the model that the key describes, or {@code null}
	 * @param key the key that contains the text
	 * @param text the text
	 * @return the absolute path
	 */
	Path path(@Nullable String modelId, String key, String text) {
		try {
			String inHome = inHome(text);
			if (inHome == null) {
				return Path.of(text).toAbsolutePath();
			}
			Path directory = this.home.get();
			if (directory == null) {
				throw new ModelConfigurationException(modelId, key,
						"begins with ~, but there is no home directory: " + this.home.problems(),
						"Use an absolute path");
			}
			return directory.resolve(inHome);
		}
		catch (InvalidPathException ex) {
			throw new ModelConfigurationException(modelId, key, FileNameEncoding.problem(ex),
					FileNameEncoding.action(ex));
		}
	}

	/** Returns what follows {@code ~} in a path that begins with it. */
	private static @Nullable String inHome(String path) {
		return (path.equals("~") || path.startsWith("~/") || path.startsWith("~" + File.separator))
				? path.substring(Math.min(2, path.length())) : null;
	}

	boolean offline() {
		return TRUE.contains(raw("HF_HUB_OFFLINE").toUpperCase(Locale.ROOT));
	}

	/** The directories need not exist. */
	AdoptionSettings adoption(HuggingFaceOptions hub) {
		Path ollama = path("OLLAMA_MODELS").orElseGet(() -> child(this.home.get(), ".ollama/models"));
		return new AdoptionSettings(true, Optional.ofNullable(hubCache(hub)).stream().toList(),
				Stream.concat(Optional.ofNullable(ollama).stream(), Stream.of(OLLAMA_SERVICE.toAbsolutePath()))
					.distinct()
					.toList());
	}

	HubCacheSettings sharedHubCache(HuggingFaceOptions hub) {
		Path directory = hubCache(hub);
		return new HubCacheSettings((directory != null) ? directory : StoreSettings.NOWHERE,
				!TRUE.contains(text("HF_HUB_DISABLE_SYMLINKS").toUpperCase(Locale.ROOT)));
	}

	private @Nullable Path hubCache(HuggingFaceOptions hub) {
		if (hub.cacheDirectory() != null) {
			return hub.cacheDirectory();
		}
		return path("HF_HUB_CACHE").or(() -> path("HUGGINGFACE_HUB_CACHE"))
			.or(() -> path("HF_HOME").map((directory) -> directory.resolve("hub")))
			.orElseGet(this.hubInCaches);
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
			boolean ignored = name.equals(XDG_CACHE_HOME) && inHome(expanded) == null && !isAbsolute(expanded);
			return ignored ? Optional.empty() : Optional.of(path(null, name, expanded));
		}
		catch (InvalidPathException | ModelConfigurationException ex) {
			logger.debug("{} is ignored: {}", name, ex.getMessage());
			return Optional.empty();
		}
	}

	/** {@code DOCKER_CONFIG} names the directory, as for Docker itself. */
	@Nullable Path dockerConfig() {
		String directory = raw("DOCKER_CONFIG");
		try {
			Path base = StringUtils.hasText(directory) ? Path.of(directory) : child(this.home.get(), ".docker");
			return (base != null) ? base.toAbsolutePath().resolve("config.json") : null;
		}
		catch (InvalidPathException ex) {
			return null;
		}
	}

	/**
	 * The files that {@code podman login} and others write (containers-auth.json(5)). The
	 * one that {@code REGISTRY_AUTH_FILE} names replaces the others. Without a directory
	 * of the session, Podman has one of its own.
	 */
	List<Path> authFiles() {
		String explicit = raw("REGISTRY_AUTH_FILE");
		try {
			if (StringUtils.hasText(explicit)) {
				return List.of(Path.of(explicit).toAbsolutePath());
			}
		}
		catch (InvalidPathException ex) {
			return List.of();
		}
		Stream<Path> runtime = StringUtils.hasText(raw("XDG_RUNTIME_DIR"))
				? directory("XDG_RUNTIME_DIR", null).map((directory) -> directory.resolve("containers"))
				: runtimeOfPodman();
		Stream<Path> config = directory("XDG_CONFIG_HOME", child(this.home.get(), ".config"))
			.map((directory) -> directory.resolve("containers"));
		return Stream.concat(runtime, config).map((directory) -> directory.resolve("auth.json")).toList();
	}

	private static Stream<Path> runtimeOfPodman() {
		boolean linux = System.getProperty("os.name", "").startsWith("Linux");
		return Optional.ofNullable(linux ? ProcessUser.id() : null)
			.map((user) -> Path.of("/run/containers", user.toString()))
			.stream();
	}

	/** The XDG specification: what is not absolute is ignored. */
	private Stream<Path> directory(String variable, @Nullable Path otherwise) {
		String text = raw(variable);
		try {
			Path directory = StringUtils.hasText(text) ? Path.of(text) : null;
			return Stream.ofNullable((directory != null && directory.isAbsolute()) ? directory : otherwise);
		}
		catch (InvalidPathException ex) {
			return Stream.ofNullable(otherwise);
		}
	}

	/**
	 * Reads which Hub to ask and with which token. No message shows the endpoint, which
	 * may contain a password.
	 */
	HubSettings hub(HuggingFaceOptions hub, Keys keys, boolean insecureHttpAllowed) {
		HubToken token = new HubToken(hub.token(), this.environment, this.home.get());
		String configured = hub.endpoint();
		String variable = raw(ENDPOINT);
		URI endpoint = HubSettings.DEFAULT_ENDPOINT;
		if (configured != null && StringUtils.hasText(configured)) {
			endpoint = endpoint(keys.key("huggingface.endpoint"), configured, keys, insecureHttpAllowed);
		}
		else if (StringUtils.hasText(variable)) {
			endpoint = endpoint(ENDPOINT, variable, keys, insecureHttpAllowed);
		}
		return new HubSettings(endpoint, token, Optional.ofNullable(hubCache(hub)).stream().toList());
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
		if (!WebUrl.hasHost(url)) {
			throw wrong(key, "has no valid host");
		}
		if (url.getRawAuthority().indexOf('@') >= 0 || url.getRawQuery() != null || url.getRawFragment() != null) {
			throw wrong(key, "contains user-info, a query or a fragment");
		}
		return WebUrl.withPlainHost(url);
	}

	private static ModelConfigurationException wrong(String key, String problem) {
		return new ModelConfigurationException(null, key, problem,
				"Use the URL of the Hub, such as " + HubSettings.DEFAULT_ENDPOINT);
	}

}
