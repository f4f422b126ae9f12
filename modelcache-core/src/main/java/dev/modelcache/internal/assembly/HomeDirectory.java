/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.internal.FileNameEncoding;
import org.jspecify.annotations.Nullable;

/**
 * The home directory: {@code HOME}, else {@code user.home}, whichever this user can write
 * to. Users that exist only as a number, as in containers, have none: their
 * {@code user.home} is {@code ?}, and {@code HOME} is not set or {@code /}.
 * <p>
 * <em>Blocking</em>: looks at the directories with each call.
 */
final class HomeDirectory {

	private static final List<String> NAMES = List.of("HOME", "user.home");

	private final Function<String, @Nullable String> environment;

	/**
	 * Creates a home directory.
	 * @param environment returns environment variables, and {@code user.home}
	 */
	HomeDirectory(Function<String, @Nullable String> environment) {
		this.environment = environment;
	}

	/**
	 * Returns the home directory.
	 * @return a directory that this user can write to, else one that this user can create
	 * beside others, else one that can only be read, else {@code null}
	 */
	@Nullable Path get() {
		Path writable = writable();
		return (writable != null) ? writable : first(Files::isDirectory);
	}

	/**
	 * Returns a directory of caches in a home directory: one that is there, or one that
	 * this user can create in {@code .cache}, which may be a volume in a home that cannot
	 * be written.
	 * @param name its name
	 * @return the directory, or {@code null}
	 */
	@Nullable Path cache(String name) {
		Path caches = Path.of(".cache", name);
		Path home = first((candidate) -> Files.isDirectory(candidate.resolve(caches)));
		if (home == null) {
			home = first(HomeDirectory::takesCaches);
		}
		if (home == null) {
			home = first(HomeDirectory::canBeCreated);
		}
		return (home != null) ? home.resolve(caches) : null;
	}

	private static boolean takesCaches(Path home) {
		Path caches = home.resolve(".cache");
		return isWritable(isOccupied(caches) ? caches : home);
	}

	private @Nullable Path writable() {
		Path existing = first(HomeDirectory::isWritable);
		return (existing != null) ? existing : first(HomeDirectory::canBeCreated);
	}

	/**
	 * Explains why files cannot be stored in a home directory.
	 * @return a sentence about each candidate
	 */
	String problems() {
		return NAMES.stream().map((name) -> problem(name, text(name))).collect(Collectors.joining("; "));
	}

	private @Nullable Path first(Predicate<Path> usable) {
		Stream<Path> candidates = NAMES.stream().map(this::path).filter(Objects::nonNull).map(Path.class::cast);
		return candidates.filter(usable).findFirst().orElse(null);
	}

	private @Nullable Path path(String name) {
		try {
			Path path = Path.of(text(name));
			return (path.isAbsolute() && path.getParent() != null) ? path : null;
		}
		catch (InvalidPathException ex) {
			return null;
		}
	}

	private String text(String name) {
		return Objects.requireNonNullElse(this.environment.apply(name), "");
	}

	private static boolean isWritable(Path directory) {
		return Files.isDirectory(directory) && Files.isWritable(directory);
	}

	/**
	 * The home of the user {@code nobody}, {@code /nonexistent}, is not meant to exist.
	 */
	private static boolean canBeCreated(Path directory) {
		Path parent = directory.getParent();
		return !isOccupied(directory) && parent != null && parent.getParent() != null && isWritable(parent);
	}

	private static boolean isOccupied(Path path) {
		return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
	}

	/**
	 * Explains why a directory cannot be used.
	 * @param name the variable that names it
	 * @param text its value
	 */
	static String problem(String name, String text) {
		if (text.isBlank()) {
			return name + " is not set";
		}
		Path path;
		try {
			path = Path.of(text);
		}
		catch (InvalidPathException ex) {
			return name + " " + FileNameEncoding.problem(ex);
		}
		if (!path.isAbsolute()) {
			return name + " is '" + text + "', which is not an absolute path";
		}
		if (path.getParent() == null) {
			return name + " is '" + text + "', which is not a home directory";
		}
		String problem = !Files.exists(path) ? "does not exist"
				: !Files.isDirectory(path) ? "is not a directory" : "cannot be written by this user";
		return name + " is '" + text + "', which " + problem;
	}

	/**
	 * Returns whether the locale of this JVM may be why there is no home directory.
	 */
	boolean mayBeDamaged() {
		// A user who is only a number has this home in every locale.
		return NAMES.stream()
			.map(this::text)
			.filter((home) -> !home.equals("?"))
			.anyMatch(FileNameEncoding::mayBeDamaged);
	}

}
