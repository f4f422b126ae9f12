/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.internal.lock.ProcessIdentity;
import org.jspecify.annotations.Nullable;

/**
 * The name of a staged file, which tells its owner:
 * {@code .<target name>.<machine>-<pid>-<process start>-<random>.part}, and beside it a
 * journal with the same name and the ending {@code .journal}.
 */
final class StagedName {

	static final String STAGED = ".part";

	static final String JOURNAL = ".journal";

	private static final Pattern OWNER = Pattern.compile("\\." + ProcessIdentity.NAME + "(?:\\.part|\\.journal)");

	/** File systems take 255 bytes. */
	private static final int LONGEST_NAME = 180;

	private StagedName() {
	}

	/** Returns whether a file has the name of a staged file, whatever its target. */
	static boolean isStaged(Path file) {
		String name = file.getFileName().toString();
		return name.startsWith(".") && name.endsWith(STAGED) && OWNER.matcher(name).find();
	}

	/** Returns a new name for a file of this process. */
	static Path of(Path target) {
		return target.resolveSibling(prefix(target) + "." + ProcessIdentity.newName() + STAGED);
	}

	/** Returns the name of a staged file's journal. */
	static Path journal(Path staged) {
		return withEnding(staged, STAGED, JOURNAL);
	}

	/** Returns the name of a journal's staged file. */
	static Path staged(Path journal) {
		return withEnding(journal, JOURNAL, STAGED);
	}

	private static Path withEnding(Path file, String ending, String other) {
		String name = file.getFileName().toString();
		return file.resolveSibling(name.substring(0, name.length() - ending.length()) + other);
	}

	/**
	 * Returns who staged a file for a target.
	 * @return the owner, or {@code null} if the name is not that of such a file or
	 * journal
	 */
	static @Nullable ProcessIdentity owner(Path file, Path target) {
		String prefix = prefix(target);
		String name = file.getFileName().toString();
		if (!name.startsWith(prefix)) {
			return null;
		}
		Matcher matcher = OWNER.matcher(name.substring(prefix.length()));
		return matcher.matches() ? ProcessIdentity.parse(matcher.group(1)) : null;
	}

	/** The target's name, or its key where that would be too long for a file system. */
	private static String prefix(Path target) {
		String name = target.getFileName().toString();
		return "." + ((name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME) ? name : CacheLayout.key(name));
	}

}
