/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.File;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;

import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * The encoding of file names on Unix, which the locale determines when the JVM starts. In
 * the locale {@code C}, which most containers have, it is ASCII, and other names cannot
 * be used at all: {@code Path.of} fails, and variables and {@code user.home} contain
 * replacement characters.
 */
public final class FileNameEncoding {

	/** What to do about a name that cannot be used. */
	public static final String ACTION = "Start the application with the environment variable LANG=C.UTF-8, or "
			+ "LC_ALL=C.UTF-8 if LC_ALL is set";

	private FileNameEncoding() {
	}

	/**
	 * Explains why a text is not a path.
	 * @param ex the failure of {@code Path.of}
	 * @return the rest of a sentence that begins with what the text is
	 */
	public static String problem(InvalidPathException ex) {
		return isAbout(ex) ? "contains characters that the encoding of file names, " + charset() + ", does not have"
				: "is not a valid path (" + ex.getReason() + ")";
	}

	/**
	 * Returns what to do about a text that is not a path.
	 * @param ex the failure of {@code Path.of}
	 * @return a sentence without its full stop
	 */
	public static String action(InvalidPathException ex) {
		return isAbout(ex) ? ACTION : "Correct the path";
	}

	/**
	 * Returns the failure of a model with a file whose name cannot be used.
	 * @param modelId the model's id
	 * @param failure what was thrown
	 * @return the failure, or {@code null} if the encoding is not the reason
	 */
	public static @Nullable ModelConfigurationException explain(@Nullable String modelId, Throwable failure) {
		return (failure instanceof InvalidPathException ex && isAbout(ex)) ? new ModelConfigurationException(modelId,
				"LANG", "the name '" + ex.getInput() + "' " + problem(ex), ACTION) : null;
	}

	/**
	 * Returns whether a path may have lost characters when this JVM read it.
	 * @param path the path of a variable or property
	 * @return {@code true} if it contains a replacement character
	 */
	public static boolean mayBeDamaged(String path) {
		return isLimited() && (path.indexOf('?') >= 0 || path.indexOf('\ufffd') >= 0);
	}

	private static boolean isAbout(InvalidPathException ex) {
		return isLimited() && !charset().newEncoder().canEncode(ex.getInput());
	}

	private static boolean isLimited() {
		return File.separatorChar == '/' && !charset().equals(StandardCharsets.UTF_8);
	}

	private static Charset charset() {
		String name = System.getProperty("sun.jnu.encoding", "UTF-8");
		return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.UTF_8;
	}

}
