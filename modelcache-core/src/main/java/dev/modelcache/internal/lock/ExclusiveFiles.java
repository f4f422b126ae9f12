/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.function.UnaryOperator;

import dev.modelcache.internal.lock.FileLocking.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Opens files that one process at a time may write.
 * <p>
 * <em>Blocking</em>: all methods, for a system call or two; none waits for a lock.
 */
public final class ExclusiveFiles {

	private final FileLocking locking;

	private final UnaryOperator<FileChannel> channels;

	/**
	 * Creates it, with the locks of the operating system.
	 */
	public ExclusiveFiles() {
		this(FileLocking.SYSTEM);
	}

	ExclusiveFiles(FileLocking locking) {
		this(locking, UnaryOperator.identity());
	}

	ExclusiveFiles(FileLocking locking, UnaryOperator<FileChannel> channels) {
		this.locking = locking;
		this.channels = channels;
	}

	/**
	 * Creates a file and takes it.
	 * @param file the file; must not exist
	 * @param attributes the attributes it has from the start
	 * @return the file, or {@code null} if another process took it as soon as it was
	 * there; the caller closes it
	 * @throws IOException if it cannot be created
	 */
	public @Nullable ExclusiveFile tryCreate(Path file, FileAttribute<?>... attributes) throws IOException {
		return open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE,
				LinkOption.NOFOLLOW_LINKS), attributes);
	}

	/**
	 * Takes a file that exists.
	 * @param file the file
	 * @return the file, or {@code null} if a living process has it, another user's
	 * process keeps it for itself, or it has disappeared; the caller closes it
	 * @throws IOException if it cannot be opened
	 */
	public @Nullable ExclusiveFile tryOpen(Path file) throws IOException {
		try {
			return open(file, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
		}
		catch (NoSuchFileException | AccessDeniedException ex) {
			return null;
		}
	}

	/**
	 * Returns whether this process has a file. Whoever opens and closes such a file once
	 * more drops the lock on it.
	 * @param file the file
	 * @return {@code true} if it has
	 */
	public boolean isOwn(Path file) {
		return HeldLocks.isClaimed(file);
	}

	/**
	 * Returns whether a process has a file, which this user may not be allowed to write.
	 * @param file the file
	 * @return {@code false} also where the file system has no locks, or the file cannot
	 * be read
	 */
	public boolean isHeld(Path file) {
		if (isOwn(file)) {
			return true;
		}
		// To open a pipe waits for a writer.
		if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
			return false;
		}
		FileLocking reading = (this.locking == FileLocking.SYSTEM) ? FileLocking.SHARED : this.locking;
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
			return reading.attempt(channel) == Outcome.HELD;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Returns whether this user may write a file: one that exists, or one that would be
	 * created, with the directories that are missing. On a read-only file system nobody
	 * may.
	 * @param file the file
	 * @return {@code true} if nothing speaks against it
	 */
	public static boolean isWritable(Path file) {
		if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && Files.isWritable(file)) {
			return true;
		}
		Path directory = file.toAbsolutePath().getParent();
		while (directory != null && !Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
			directory = directory.getParent();
		}
		return directory != null && Files.isDirectory(directory) && Files.isWritable(directory);
	}

	private @Nullable ExclusiveFile open(Path file, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
			throws IOException {
		HeldLocks.Entry claim = HeldLocks.claim(file);
		if (claim == null) {
			return null;
		}
		ExclusiveFile opened = null;
		try {
			FileChannel channel = FileChannel.open(file, options, attributes);
			Outcome outcome = this.locking.attempt(channel);
			if (outcome == Outcome.HELD) {
				channel.close();
				return null;
			}
			opened = new ExclusiveFile(claim, this.channels.apply(channel), outcome == Outcome.LOCKED);
			return opened;
		}
		finally {
			if (opened == null) {
				claim.release();
			}
		}
	}

}
