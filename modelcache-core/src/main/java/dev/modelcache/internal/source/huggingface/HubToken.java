/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.Origin;
import org.jspecify.annotations.Nullable;

/**
 * The token that requests to the Hub carry: the configured one, else what
 * {@code HF_TOKEN} or {@code HUGGING_FACE_HUB_TOKEN} says, else the file that the Hub's
 * own tools keep. {@code HF_HUB_DISABLE_IMPLICIT_TOKEN} leaves only the configured one.
 * The file is read each time, because tokens are renewed while applications run.
 */
public final class HubToken {

	/** No token at all. */
	public static final HubToken NONE = new HubToken(null, (name) -> null, null);

	private static final int LONGEST = 8192;

	private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

	private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");

	private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

	private final @Nullable String configured;

	private final Function<String, @Nullable String> environment;

	private final @Nullable Path home;

	/**
	 * Creates a token.
	 * @param configured the configured token, or {@code null}
	 * @param environment gives the environment variables
	 * @param home the home directory, or {@code null} if there is none
	 */
	public HubToken(@Nullable String configured, Function<String, @Nullable String> environment, @Nullable Path home) {
		this.configured = configured;
		this.environment = environment;
		this.home = home;
	}

	/**
	 * Finds the token.
	 * <p>
	 * <em>Blocking</em>: reads a small file.
	 * @return the token, or empty to ask anonymously
	 * @throws ModelConfigurationException if what is there cannot be a token
	 */
	Optional<String> find() {
		Optional<String> token = checked("hooks.llm.huggingface.token", this.configured);
		if (token.isPresent() || TRUE.contains(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN").toUpperCase(Locale.ROOT))) {
			return token;
		}
		return checked("HF_TOKEN", variable("HF_TOKEN"))
			.or(() -> checked("HUGGING_FACE_HUB_TOKEN", variable("HUGGING_FACE_HUB_TOKEN")))
			.or(() -> file().flatMap((file) -> checked("the file of HF_TOKEN_PATH", content(file))));
	}

	/**
	 * Finds the token for a Hub. One that was not configured goes by https, or to this
	 * machine, alone: an environment or a home directory may have a token that nobody
	 * thought of.
	 * <p>
	 * <em>Blocking</em>: reads a small file.
	 * @param endpoint the Hub's address
	 * @return the token, or empty to ask anonymously
	 */
	Optional<String> findFor(URI endpoint) {
		boolean configuredOne = this.configured != null && !this.configured.isBlank();
		return (configuredOne || "https".equalsIgnoreCase(endpoint.getScheme())
				|| isLoopback(Origin.of(endpoint).host())) ? find() : Optional.empty();
	}

	private static boolean isLoopback(String host) {
		return host.equalsIgnoreCase("localhost") || host.equals("[::1]")
				|| host.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
	}

	private Optional<Path> file() {
		Optional<Path> cache = path(variable("XDG_CACHE_HOME")).filter(Path::isAbsolute)
			.or(() -> Optional.ofNullable(this.home).map((directory) -> directory.resolve(".cache")));
		Optional<Path> hub = path(variable("HF_HOME"))
			.or(() -> cache.map((directory) -> directory.resolve("huggingface")));
		return path(variable("HF_TOKEN_PATH")).or(() -> hub.map((directory) -> directory.resolve("token")));
	}

	private Optional<Path> path(String text) {
		if (text.isEmpty()) {
			return Optional.empty();
		}
		String expanded = VARIABLE.matcher(text)
			.replaceAll((variable) -> Matcher
				.quoteReplacement(variable((variable.group(1) != null) ? variable.group(1) : variable.group(2))));
		boolean inHome = expanded.equals("~") || expanded.startsWith("~/");
		try {
			return inHome
					? Optional.ofNullable(this.home)
						.map((directory) -> directory.resolve(expanded.substring(Math.min(2, expanded.length()))))
					: Optional.of(Path.of(expanded));
		}
		catch (InvalidPathException ex) {
			return Optional.empty();
		}
	}

	private String variable(String name) {
		String value = this.environment.apply(name);
		return (value != null) ? value.strip() : "";
	}

	private static @Nullable String content(Path file) {
		try (InputStream in = Files.newInputStream(file)) {
			return new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			return null;
		}
	}

	private static Optional<String> checked(String where, @Nullable String value) {
		String token = (value != null) ? value.strip() : "";
		if (token.isEmpty()) {
			return Optional.empty();
		}
		if (!TOKEN.matcher(token).matches()) {
			throw new ModelConfigurationException(null, where, "contains characters that are not allowed in a token",
					"Set it to the token alone, which is hf_ followed by letters and digits");
		}
		return Optional.of(token);
	}

	/** Shows no token. */
	@Override
	public String toString() {
		return "HubToken";
	}

}
