/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.ModelStorageException;

/**
 * Tells whether a directory is on a file system that cannot be written, from the flags of
 * its mount and a write that fails, and whether a file is a mount of its own. On Linux
 * the flags are those of {@code /proc/self/mountinfo} (proc_pid_mountinfo(5)), because
 * {@link java.nio.file.FileStore#isReadOnly()} does not see bind mounts.
 * <p>
 * <em>Blocking</em>.
 */
final class Mounts {

	private static final Path TABLE = Path.of("/proc/self/mountinfo");

	/** A read-only mount of these cannot be written by another machine either. */
	private static final Set<String> LOCAL = Set.of("btrfs", "cramfs", "erofs", "ext2", "ext3", "ext4", "f2fs",
			"iso9660", "overlay", "squashfs", "tmpfs", "xfs");

	/** What writes to an overlay has mounted it: no other mount leads to its files. */
	private static final String OVERLAY = "overlay";

	private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

	private static final int MOUNT_POINT = 4;

	private Mounts() {
	}

	/**
	 * Returns who can write to a directory, if it is on a file system that is read-only.
	 * @param directory the real path of a directory
	 */
	static Access of(Path directory) {
		try {
			Access flags = Files.isReadable(TABLE) ? of(directory, Files.readAllLines(TABLE, charset()))
					: Files.getFileStore(directory).isReadOnly() ? Access.IMMUTABLE : Access.WRITABLE;
			return (flags == Access.WRITABLE || canCreate(directory)) ? Access.WRITABLE : flags;
		}
		catch (IOException ex) {
			return Access.WRITABLE;
		}
	}

	/** Names of files are compared as this Java decodes them. */
	private static Charset charset() {
		String name = System.getProperty("sun.jnu.encoding", "UTF-8");
		return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.UTF_8;
	}

	/**
	 * Reads the flags of the mount of a directory.
	 * @param directory its real path
	 * @param table the lines of the mount table, of which later ones hide earlier ones
	 */
	static Access of(Path directory, List<String> table) {
		String path = directory.toString();
		String longest = "";
		Access access = Access.WRITABLE;
		for (String line : table) {
			String[] halves = line.split(" - ", 2);
			String[] mount = halves[0].split(" ");
			String[] type = halves[halves.length - 1].split(" ");
			if (halves.length < 2 || mount.length < 6 || type.length < 3) {
				continue;
			}
			String point = decoded(mount[MOUNT_POINT]);
			boolean above = point.equals("/") || path.equals(point) || path.startsWith(point + "/");
			if (above && point.length() >= longest.length()) {
				longest = point;
				access = access(isReadOnly(mount[5]), type[0], isReadOnly(type[2]));
			}
		}
		return access;
	}

	/**
	 * Requires that a file can be replaced. Containers mount files one by one with
	 * {@code -v file:file}, and such a file cannot be.
	 * @param modelId the model's id
	 * @param target the file; may not exist
	 * @throws ModelStorageException if it is mounted; says what to mount instead
	 */
	static void requireReplaceable(String modelId, Path target) {
		if (Files.isRegularFile(target) && isMounted(target)) {
			Path directory = target.resolveSibling("");
			throw new ModelStorageException(modelId, directory,
					target + " is a mount point, so no file can be moved to its place",
					"Mount the directory " + target.getParent() + " instead of the file, or mount the file with the "
							+ "whole model in it",
					null);
		}
	}

	private static boolean isMounted(Path target) {
		try {
			String real = escaped(target.toRealPath().toString());
			// Names may be in any encoding.
			return Files.readString(TABLE, StandardCharsets.ISO_8859_1)
				.lines()
				.map((line) -> line.split(" "))
				.anyMatch((fields) -> fields.length > MOUNT_POINT && fields[MOUNT_POINT].equals(real));
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static String escaped(String path) {
		String bytes = new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
		return bytes.replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011").replace("\n", "\\012");
	}

	private static Access access(boolean mount, String type, boolean fileSystem) {
		if (!mount && !fileSystem) {
			return Access.WRITABLE;
		}
		return (LOCAL.contains(type) && (fileSystem || type.equals(OVERLAY))) ? Access.IMMUTABLE : Access.READ_ONLY;
	}

	private static boolean isReadOnly(String options) {
		return Arrays.asList(options.split(",")).contains("ro");
	}

	/** Blanks, tabs, line ends and backslashes are written in octal. */
	private static String decoded(String point) {
		return OCTAL.matcher(point)
			.replaceAll(
					(octal) -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(octal.group(1), 8))));
	}

	private static boolean canCreate(Path directory) {
		Path probe = directory.resolve("." + UUID.randomUUID() + ".tmp");
		try {
			Files.createFile(probe);
			Files.delete(probe);
			return true;
		}
		catch (IOException ex) {
			return Files.exists(probe);
		}
	}

	/** Who can write to a directory. */
	enum Access {

		/** Who has the permission. */
		WRITABLE,

		/** No process that sees it as this one does, but maybe others. */
		READ_ONLY,

		/** No process. */
		IMMUTABLE

	}

}
