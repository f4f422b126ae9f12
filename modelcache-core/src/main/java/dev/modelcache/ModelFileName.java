/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Name of a file of a model: a relative path whose segments are separated by {@code /},
 * as used by repositories and registries. Names are untrusted input: on every operating
 * system, a valid name stays within the directory in which it is resolved.
 *
 * @param text the name, such as {@code model.gguf} or {@code onnx/model.onnx}
 */
public record ModelFileName(String text) implements Comparable<ModelFileName> {

	private static final int LONGEST = 1024;

	private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*");

	/**
	 * Names of Windows devices, which exist in every directory and do not keep what is
	 * written to them.
	 */
	private static final Pattern DEVICE = Pattern.compile("(?i)(con|prn|aux|nul|com\\d|lpt\\d)[ ]*(\\..*)?");

	private static final Pattern DOTS_AND_BLANKS = Pattern.compile("[. ]*");

	/**
	 * Creates a name.
	 * @throws IllegalArgumentException if the name is empty, absolute or longer than 1024
	 * characters, if it contains a drive letter, a backslash or a control character, or
	 * if a segment is empty, consists of dots alone, or names a Windows device or a
	 * working file of this cache; the message does not repeat the name
	 */
	public ModelFileName {
		String problem = problemOf(text);
		if (problem != null) {
			throw new IllegalArgumentException("a file's name " + problem);
		}
	}

	/**
	 * Converts an arbitrary name to a valid name of a single file.
	 * @param name the name, not a path
	 * @return the name, with {@code _} in place of each invalid character, or
	 * {@code model} if nothing usable is left
	 */
	public static ModelFileName cleaned(String name) {
		String clean = name.replaceAll("[\\p{Cntrl}/\\\\]", "_");
		String end = clean.substring(Math.max(0, clean.length() - LONGEST));
		return new ModelFileName((problemOf(end) == null) ? end : "model");
	}

	private static @Nullable String problemOf(String text) {
		if (text.isEmpty() || text.length() > LONGEST) {
			return "has between 1 and " + LONGEST + " characters";
		}
		if (text.indexOf('\\') >= 0 || text.chars().anyMatch(Character::isISOControl)) {
			return "has neither backslashes nor control characters";
		}
		if (DRIVE.matcher(text).matches()) {
			return "does not begin with a drive letter";
		}
		for (String segment : text.split("/", -1)) {
			if (DOTS_AND_BLANKS.matcher(segment).matches()) {
				return "is relative, and no part of it is empty or made of dots";
			}
			if (isOfWorkingFile(segment)) {
				return "is not that of a working file of this cache";
			}
			if (DEVICE.matcher(segment).matches()) {
				return "is not that of a device of Windows";
			}
		}
		return null;
	}

	/**
	 * Staged files, their journals and sealed records are stored beside the files of a
	 * model, with a dot before their names. Windows drops trailing dots and spaces.
	 */
	private static boolean isOfWorkingFile(String segment) {
		int end = segment.length();
		while (segment.charAt(end - 1) == '.' || segment.charAt(end - 1) == ' ') {
			end--;
		}
		String name = segment.substring(0, end).toLowerCase(Locale.ROOT);
		return name.startsWith(".")
				&& (name.endsWith(".part") || name.endsWith(".journal") || name.endsWith(".sealed"));
	}

	/**
	 * Returns the last segment.
	 * @return the name of the file within its directory
	 */
	public String last() {
		return this.text.substring(this.text.lastIndexOf('/') + 1);
	}

	/**
	 * Returns whether the last segment ends in an extension.
	 * @param extension the extension with its dot, lower case
	 * @return {@code true} if it does, ignoring case
	 */
	public boolean endsWith(String extension) {
		return this.text.toLowerCase(Locale.ROOT).endsWith(extension);
	}

	/**
	 * Returns the path of the file in a directory.
	 * @param directory the directory
	 * @return a path within the directory
	 */
	public Path in(Path directory) {
		return directory.resolve(this.text);
	}

	/**
	 * Compares the texts. Because names are comparable, look-ups in a map stay fast even
	 * for names that were chosen to have the same hash code.
	 */
	@Override
	public int compareTo(ModelFileName other) {
		return this.text.compareTo(other.text);
	}

	@Override
	public String toString() {
		return this.text;
	}

}
