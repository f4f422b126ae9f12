/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.ModelStorageException;
import org.jspecify.annotations.Nullable;

/**
 * What an error of the operating system means for a file that is written, and what to do
 * about it. Java has no types for these errors, only the text of their numbers, which are
 * known as glibc, musl, macOS and Windows give them in English ({@link ErrorTexts}). A
 * text in another language that has no catalog here is {@link #OTHER}.
 */
public enum DiskFault {

	/** {@code ENOSPC}: no space, or no inode for another file. */
	NO_SPACE("No space left on device", "There is not enough space on the disk"),

	/** {@code EDQUOT}: the quota of the user, the group or the directory is used up. */
	QUOTA("Disk quota exceeded", "Disc quota exceeded", "Quota exceeded"),

	/** {@code EFBIG}: the process or the file system allows no file of this size. */
	TOO_LARGE("File too large", "The file size exceeds the limit allowed"),

	/** {@code EBUSY}, {@code ETXTBSY}: the file is mounted, executed or open. */
	BUSY("Device or resource busy", "Resource busy", "Text file busy", "being used by another process"),

	/** {@code EROFS}: the file system is mounted read-only, maybe after an error. */
	READ_ONLY("Read-only file system", "The media is write protected"),

	/**
	 * {@code EPERM}: an immutable file or directory, one of another user in a sticky
	 * directory, or a rule of the system.
	 */
	NOT_PERMITTED("Operation not permitted"),

	/**
	 * {@code ESTALE}, {@code ENOTCONN}, {@code ETIMEDOUT}, {@code ENODEV}: the server,
	 * the daemon or the device of the file system is not there.
	 */
	GONE("Stale file handle", "Transport endpoint is not connected", "Socket not connected", "Host is down",
			"Connection timed out", "Operation timed out", "No such device", "Remote I/O error"),

	/** Anything else. */
	OTHER;

	private final String[] texts;

	DiskFault(String... texts) {
		this.texts = texts;
	}

	/**
	 * Returns what an error means.
	 * @param failure the error
	 * @return its meaning
	 */
	public static DiskFault of(IOException failure) {
		String reason = ErrorTexts.of(failure);
		for (DiskFault fault : values()) {
			for (String text : fault.texts) {
				if (reason != null && reason.contains(text)) {
					return fault;
				}
			}
		}
		return OTHER;
	}

	/**
	 * Returns whether another attempt may have what this one lacked, so that what was
	 * written is worth keeping.
	 * @return {@code false} if the file cannot be written there at all
	 */
	public boolean mayPass() {
		return this == NO_SPACE || this == QUOTA || this == BUSY || this == READ_ONLY || this == NOT_PERMITTED;
	}

	/**
	 * Returns the exception of an error.
	 * @param modelId the model's id
	 * @param directory the directory of the file
	 * @param problem what failed, to be followed by the error
	 * @param failure the error
	 * @return the exception to raise
	 */
	public static ModelStorageException exception(@Nullable String modelId, Path directory, String problem,
			IOException failure) {
		DiskFault fault = of(failure);
		Long free = (fault == NO_SPACE) ? free(directory) : null;
		String message = problem + ": " + text(failure);
		return switch (fault) {
			case NO_SPACE -> (free != null && free > 0) ? new ModelStorageException(modelId, directory,
					message + ", though " + free + " bytes are free on its disk",
					"Check with 'df -i " + directory + "' whether the disk has inodes left for more files, and "
							+ "whether a quota limits the directory; delete files, or set hooks.llm.cache.directory "
							+ "or model-path to a directory on another disk",
					failure)
					: new ModelStorageException(modelId, directory, message, "Free up space on the disk of " + directory
							+ ", or set hooks.llm.cache.directory or " + "model-path to a directory on another disk",
							failure);
			case QUOTA -> new ModelStorageException(modelId, directory, message,
					"Delete files that count towards the quota, have it raised, or set hooks.llm.cache.directory or "
							+ "model-path to a directory without one",
					failure);
			case TOO_LARGE -> new ModelStorageException(modelId, directory, message,
					"Check the limit of the process for files ('ulimit -f', LimitFSIZE= of systemd), and that the file "
							+ "system takes files of this size: FAT takes less than 4 GiB",
					failure);
			case BUSY -> new ModelStorageException(modelId, directory, message,
					"If the file itself is mounted, mount its directory instead; otherwise end the program that uses "
							+ "the file",
					failure);
			case READ_ONLY -> new ModelStorageException(modelId, directory, message,
					"Mount the file system of " + directory + " with write access (it may have become read-only after "
							+ "an error, see the system's log), or set hooks.llm.cache.directory or model-path to "
							+ "another directory",
					failure);
			case NOT_PERMITTED -> new ModelStorageException(modelId, directory, message, "Check with 'lsattr -a "
					+ directory + "' whether the directory or a file in it is immutable or "
					+ "append-only (chattr -i, chattr -a), and whether a rule of the system (SELinux, AppArmor, "
					+ "seccomp) forbids it; or set hooks.llm.cache.directory or model-path to another directory",
					failure);
			case GONE -> new ModelStorageException(modelId, directory, message,
					"Mount the file system of " + directory + " again, and check its server or device", failure);
			case OTHER -> new ModelStorageException(modelId, directory, message, failure);
		};
	}

	/** The message of some exceptions is nothing but a path. */
	private static String text(IOException failure) {
		String message = (failure instanceof FileSystemException ex && ex.getReason() == null) ? null
				: failure.getMessage();
		return (message != null) ? message : reason(failure);
	}

	/**
	 * Returns why something failed, without the path: what the operating system said, or
	 * the name of the exception in words, such as "no such file".
	 * @param failure the error
	 * @return the reason, to follow a colon
	 */
	public static String reason(Exception failure) {
		String reason = (failure instanceof FileSystemException ex) ? ex.getReason() : failure.getMessage();
		return (reason != null) ? reason : FailureBoundary.nameInWords(failure);
	}

	private static @Nullable Long free(Path directory) {
		try {
			return Files.getFileStore(directory).getUsableSpace();
		}
		catch (IOException | RuntimeException ex) {
			return null;
		}
	}

}
