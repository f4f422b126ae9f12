/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

import dev.modelcache.ModelStorageException;
import org.jspecify.annotations.Nullable;

/**
 * Explains why this process may not use a file: whose it is, and which way out there is.
 * <p>
 * <em>Blocking</em>: all methods.
 */
public final class DeniedAccess {

	private static final String ROOT = "root";

	/** {@code S_ISVTX}. */
	private static final int STICKY = 01000;

	private DeniedAccess() {
	}

	/**
	 * Explains why a file cannot be read.
	 * @param modelId the model's id
	 * @param file the file
	 * @param failure what came of the attempt
	 * @return the exception to raise, or {@code null} if the failure is another one
	 */
	public static @Nullable ModelStorageException reading(@Nullable String modelId, Path file,
			@Nullable Throwable failure) {
		return explain(modelId, file, false, failure);
	}

	/**
	 * Explains why a file cannot be created, written or deleted.
	 * @param modelId the model's id
	 * @param file the file; need not exist
	 * @param failure what came of the attempt
	 * @return the exception to raise, or {@code null} if the failure is another one
	 */
	public static @Nullable ModelStorageException writing(@Nullable String modelId, Path file,
			@Nullable Throwable failure) {
		return explain(modelId, file, true, failure);
	}

	private static @Nullable ModelStorageException explain(@Nullable String modelId, Path file, boolean write,
			@Nullable Throwable failure) {
		Path absolute = file.toAbsolutePath();
		if (!(failure instanceof AccessDeniedException denied)) {
			return (write && failure instanceof FileSystemException ex && DiskFault.of(ex) == DiskFault.NOT_PERMITTED
					&& isStuck(absolute)) ? denied(modelId, absolute, "replaced", absolute, ex) : null;
		}
		Deque<Path> path = new ArrayDeque<>();
		for (Path part = absolute; part != null; part = part.getParent()) {
			path.push(part);
		}
		Path existing = null;
		for (Path part : path) {
			if (!Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
				break;
			}
			existing = part;
			if (!part.equals(absolute) && Files.isDirectory(part) && !Files.isExecutable(part)) {
				return denied(modelId, part, "entered", absolute, denied);
			}
		}
		if (existing == null) {
			return null;
		}
		// What is written replaces a link, and not what it leads to.
		ModelStorageException behind = (!write && existing.equals(absolute)) ? behind(modelId, absolute, denied) : null;
		if (behind != null) {
			return behind;
		}
		if (existing.equals(absolute) && !Files.isReadable(absolute)) {
			return denied(modelId, absolute, "read", absolute, denied);
		}
		Path directory = Files.isDirectory(existing) ? existing : existing.getParent();
		if (write && directory != null && !Files.isWritable(directory)) {
			return denied(modelId, directory, "written", absolute, denied);
		}
		return (write && existing.equals(absolute) && !Files.isWritable(absolute))
				? denied(modelId, absolute, "written", absolute, denied) : null;
	}

	/**
	 * Returns whether a file is another user's in a sticky directory, such as /tmp: only
	 * its owner, and that of the directory, may replace or delete it.
	 */
	private static boolean isStuck(Path file) {
		Integer user = ProcessUser.id();
		if (user == null || user == 0 || !file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
			return false;
		}
		try {
			Map<String, Object> directory = Files.readAttributes(parent(file), "unix:mode,uid");
			return directory.get("mode") instanceof Integer mode && (mode & STICKY) != 0
					&& !user.equals(directory.get("uid"))
					&& !user.equals(Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS));
		}
		catch (IOException ex) {
			return false;
		}
	}

	/** Explains why what a link leads to cannot be read. */
	private static @Nullable ModelStorageException behind(@Nullable String modelId, Path link,
			AccessDeniedException denied) {
		try {
			Path target = Files.isSymbolicLink(link) ? link.resolveSibling(Files.readSymbolicLink(link)) : null;
			return (target != null && !Files.isSymbolicLink(target)) ? explain(modelId, target, false, denied) : null;
		}
		catch (IOException ex) {
			return null;
		}
	}

	private static @Nullable ModelStorageException denied(@Nullable String modelId, Path path, String verb, Path file,
			IOException failure) {
		String owner;
		String permissions = "";
		try {
			owner = Files.getOwner(path).getName();
			if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
				PosixFileAttributes attributes = Files.readAttributes(path, PosixFileAttributes.class);
				permissions = " (" + PosixFilePermissions.toString(attributes.permissions()) + ", group '"
						+ attributes.group().getName() + "')";
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			return null;
		}
		String user = ProcessUser.name();
		boolean directory = Files.isDirectory(path);
		boolean replacing = verb.equals("replaced");
		boolean writing = verb.equals("written") || replacing;
		boolean own = owner.equals(user);
		String problem = (directory ? "the directory " : "") + path + " belongs to "
				+ (own ? "this user, '" + user + "'" : "the user '" + owner + "'") + permissions + " and cannot be "
				+ verb + (own ? "" : " by the user '" + user + "' of this process")
				+ (path.equals(file) ? "" : "; " + file + " is in it")
				+ (replacing ? ", because its directory is sticky (chmod +t), as /tmp is" : "");
		String ofUser = "set hooks.llm.cache.directory, or model-path, to a directory of '" + user + "'";
		String writable = "ake " + (directory ? "" : "the file ") + path + " writable for '" + user
				+ "' (chown; for a volume of Kubernetes, fsGroup and hooks.llm.cache.permissions=group)";
		String action;
		if (replacing) {
			action = "Have '" + owner + "' move the file away; or " + ofUser;
		}
		else if (own) {
			action = "Change its permissions (chmod u+" + (writing ? "w" : directory ? "x" : "r") + ' ' + path + ")";
		}
		else if (writing && owner.equals(ROOT)) {
			// A volume, in which no application of root stores models.
			action = "M" + writable + "; or " + ofUser;
		}
		else if (writing) {
			action = "Have the application of '" + owner + "' fetch the model, which other users may read if it sets"
					+ " hooks.llm.cache.permissions to group or shared; run both as one user; m" + writable + "; or "
					+ ofUser;
		}
		else {
			action = "Set hooks.llm.cache.permissions to group or shared in the application of '" + owner
					+ "' and start it again with the same hooks.llm.cache.directory, or change the permissions (chmod); run both as one user; or "
					+ ofUser;
		}
		return new ModelStorageException(modelId, directory ? path : parent(path), problem, action, failure);
	}

	private static Path parent(Path path) {
		Path parent = path.getParent();
		return (parent != null) ? parent : path;
	}

}
