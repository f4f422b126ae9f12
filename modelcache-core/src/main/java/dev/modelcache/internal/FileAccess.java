/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The permissions of the files and directories that the cache creates: their owner reads
 * and writes them, others may read them. Where the file system has no POSIX permissions
 * (Windows) the access list of the directory decides, which for a user's profile is
 * owner-only.
 * <p>
 * <em>Blocking</em>: all methods that take a path.
 */
public enum FileAccess {

	/** Only the owner reads them. */
	PRIVATE(0600, 0700),

	/** The members of the group of the directory read them. */
	GROUP(0640, 0750),

	/** All users read them. */
	SHARED(0644, 0755);

	private static final Logger logger = LoggerFactory.getLogger(FileAccess.class);

	private static final String MODE = "unix:mode";

	/** What says who may do what, without the type of the file and its set-id bits. */
	private static final int PERMISSIONS = 0777;

	private static final int SET_ID = 07000;

	/** The right to execute applies to executable files alone. */
	private static final int OTHERS = 0066;

	private static final int WRITABLE_BY_OTHERS = 0022;

	private final int file;

	private final int directory;

	FileAccess(int file, int directory) {
		this.file = file;
		this.directory = directory;
	}

	/**
	 * Creates a directory and those above it that do not exist. What exists keeps its
	 * permissions; a set-group-id bit of the directory above is inherited.
	 * @param directory the directory, or {@code null} for none
	 * @throws IOException if one of them cannot be created
	 */
	public void createDirectories(@Nullable Path directory) throws IOException {
		if (directory == null || Files.isDirectory(directory)) {
			return;
		}
		List<Path> created = new ArrayList<>();
		for (Path path = directory; path != null && !Files.exists(path); path = path.getParent()) {
			created.add(path);
		}
		createAll(directory, attributes(directory, this.directory));
		if (this != PRIVATE) {
			for (Path path : created) {
				set(path, this.directory);
			}
		}
	}

	/**
	 * Creates a directory and those above it that do not exist.
	 * @param directory the directory
	 * @param attributes their attributes
	 * @throws IOException if one of them cannot be created, or the file system of one
	 * that exists does not say so
	 */
	public static void createAll(Path directory, FileAttribute<?>... attributes) throws IOException {
		try {
			Files.createDirectories(directory, attributes);
		}
		catch (FileAlreadyExistsException ex) {
			// What is in the way may be a directory whose server is away, which is why.
			Files.readAttributes(directory.getFileSystem().getPath(ex.getFile()), BasicFileAttributes.class);
			throw ex;
		}
	}

	/**
	 * Creates a file.
	 * @param file the file; must not exist
	 * @return its channel, for reading and writing; the caller closes it
	 * @throws IOException if it cannot be created
	 */
	public FileChannel create(Path file) throws IOException {
		FileChannel channel = FileChannel.open(file,
				Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
				forFile(file));
		try {
			applyTo(file);
			return channel;
		}
		catch (IOException ex) {
			channel.close();
			throw ex;
		}
	}

	/**
	 * Returns the attributes that a file is created with. The umask of the process may
	 * take some of the permissions away, which {@link #applyTo} adds again.
	 * @param file the file
	 * @return the attributes, none where the file system has no permissions
	 */
	public FileAttribute<?>[] forFile(Path file) {
		return attributes(file, this.file);
	}

	/**
	 * Gives a file of this user the permissions, if a umask may have taken some away when
	 * it was created. A file system that refuses is tolerated.
	 * @param file the file; a link is not followed
	 * @throws IOException if the file cannot be looked at
	 */
	public void applyTo(Path file) throws IOException {
		if (this != PRIVATE) {
			set(file, this.file);
		}
	}

	/**
	 * Gives a file of this user the permissions, whatever it has.
	 * @param file the file; a link is not followed
	 * @throws AccessDeniedException if others may read or write it who should not, and
	 * the file system does not change that
	 */
	public void enforce(Path file) throws IOException {
		int after = set(file, this.file);
		if ((after & ~this.file & OTHERS) != 0) {
			throw new AccessDeniedException(file.toString(), null,
					"its file system keeps the permissions " + text(after) + " instead of " + text(this.file));
		}
	}

	/**
	 * Adds the permissions that a file or directory lacks. One of another user stays as
	 * it is.
	 * @param path the file or directory; a link is not followed
	 */
	public void widen(Path path) {
		try {
			Integer mode = mode(path);
			int wanted = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? this.directory : this.file;
			if (mode != null && (wanted & ~mode) != 0) {
				change(path, (mode & (SET_ID | PERMISSIONS)) | wanted);
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			logger.debug("The permissions of {} stay as they are", path, ex);
		}
	}

	/**
	 * Returns whether a file lacks permissions that it should have.
	 * @param path the file or directory
	 * @return {@code true} if {@link #widen} would change it
	 * @throws IOException if it cannot be looked at
	 */
	public boolean isNarrower(Path path) throws IOException {
		Integer mode = mode(path);
		int wanted = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? this.directory : this.file;
		return mode != null && (wanted & ~mode) != 0;
	}

	private static @Nullable Integer mode(Path path) throws IOException {
		return path.getFileSystem().supportedFileAttributeViews().contains("unix")
				? (Integer) Files.getAttribute(path, MODE, LinkOption.NOFOLLOW_LINKS) : null;
	}

	/**
	 * Gives a file permissions. A file system that refuses to change them is tolerated.
	 * @param file the file; a link is not followed
	 * @param wanted the permissions
	 * @throws IOException if the file cannot be looked at
	 */
	public static void set(Path file, Set<PosixFilePermission> wanted) throws IOException {
		int mode = 0;
		for (PosixFilePermission permission : wanted) {
			// From OWNER_READ, the highest bit, to OTHERS_EXECUTE.
			mode |= 0400 >> permission.ordinal();
		}
		set(file, mode);
	}

	/** Returns the permissions that a file has in the end. */
	private static int set(Path path, int wanted) throws IOException {
		Integer before = mode(path);
		if (before == null || (before & PERMISSIONS) == wanted) {
			return wanted;
		}
		try {
			// The set-group-id bit of a directory keeps the group of what is created in
			// it.
			change(path, (before & SET_ID) | wanted);
		}
		catch (FileSystemException | UnsupportedOperationException ex) {
			logger.debug("The permissions of {} stay {} instead of {}", path, text(before & PERMISSIONS), text(wanted),
					ex);
		}
		return Objects.requireNonNull(mode(path)) & PERMISSIONS;
	}

	/**
	 * Java does not follow a link by opening the file and closing it again, which drops
	 * the locks that this process has on it. Where no other user can put a link there, it
	 * is enough to look first.
	 */
	private static void change(Path path, int mode) throws IOException {
		Path directory = path.toAbsolutePath().getParent();
		if (directory != null && isProtected(directory) && !Files.isSymbolicLink(path)) {
			Files.setAttribute(path, MODE, mode);
		}
		else {
			Files.setAttribute(path, MODE, mode, LinkOption.NOFOLLOW_LINKS);
		}
	}

	/**
	 * Returns whether only the user of this process, and root, can replace what is in a
	 * directory.
	 * @param directory the directory
	 * @return {@code false} also where that is not known
	 * @throws IOException if the directory cannot be looked at
	 */
	public static boolean isProtected(Path directory) throws IOException {
		Integer user = ProcessUser.id();
		if (user == null || !directory.getFileSystem().supportedFileAttributeViews().contains("unix")) {
			return false;
		}
		Map<String, Object> attributes = Files.readAttributes(directory, "unix:uid,mode");
		return attributes.get("uid") instanceof Integer owner && (owner == 0 || owner.equals(user))
				&& attributes.get("mode") instanceof Integer mode && (mode & WRITABLE_BY_OTHERS) == 0;
	}

	private static FileAttribute<?>[] attributes(Path path, int mode) {
		return path.getFileSystem().supportedFileAttributeViews().contains("posix")
				? new FileAttribute<?>[] { PosixFilePermissions.asFileAttribute(permissions(mode)) }
				: new FileAttribute<?>[0];
	}

	private static Set<PosixFilePermission> permissions(int mode) {
		Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
		for (PosixFilePermission permission : PosixFilePermission.values()) {
			if ((mode & (0400 >> permission.ordinal())) != 0) {
				permissions.add(permission);
			}
		}
		return permissions;
	}

	private static String text(int mode) {
		return PosixFilePermissions.toString(permissions(mode));
	}

}
