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
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.FileLocking.Outcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.retry.support.RetryTemplate;

/**
 * Says to other processes which files this application uses, so that none of them removes
 * one. Whoever uses a file holds a shared lock on its mark, a permanent empty file, until
 * {@link #close()} or the end of the process; whoever removes a file holds the exclusive
 * one meanwhile. Where the file system has no locks, nothing counts as unused.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: all methods; {@link #use} waits
 * for a removal that is under way.
 */
public final class FilesInUse implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(FilesInUse.class);

	/**
	 * The marks that this process has open, by their real paths: static for the reason
	 * that {@link HeldLocks} are.
	 */
	private static final Map<Path, Mark> MARKS = new HashMap<>();

	private final FileLocking shared;

	private final FileLocking exclusive;

	private final FileAccess access;

	private final Set<Path> used = new HashSet<>();

	private boolean closed;

	/**
	 * Creates it with the locks of the operating system.
	 * @param access who may read a new mark, and so use its file too
	 */
	public FilesInUse(FileAccess access) {
		this(FileLocking.SHARED, FileLocking.SYSTEM, access);
	}

	FilesInUse(FileLocking shared, FileLocking exclusive) {
		this(shared, exclusive, FileAccess.PRIVATE);
	}

	private FilesInUse(FileLocking shared, FileLocking exclusive, FileAccess access) {
		this.shared = shared;
		this.exclusive = exclusive;
		this.access = access;
	}

	/**
	 * Says that this application uses a file. To be said before the file is looked at: it
	 * may be gone afterwards, but if it is there it stays.
	 * @param mark the real path of the file's mark; its directory exists
	 * @throws IOException if there can be no mark; nobody knows of the use then
	 */
	public synchronized void use(Path mark) throws IOException {
		if (this.closed || this.used.contains(mark)) {
			return;
		}
		try {
			if (!addUser(mark, this.shared, this.access)) {
				awaitRemoval(mark);
			}
			this.used.add(mark);
		}
		catch (BeingRemovedException ex) {
			logger.warn("Another process has been evicting the file of {} for a long time; it may disappear", mark);
		}
	}

	/** A removal takes a few system calls; a paused process may take longer. */
	private void awaitRemoval(Path mark) throws IOException {
		RetryTemplate polling = RetryTemplate.builder()
			.maxAttempts(1500)
			.fixedBackoff(Duration.ofMillis(20))
			.retryOn(BeingRemovedException.class)
			.build();
		polling.<Boolean, IOException>execute((attempt) -> {
			if (!addUser(mark, this.shared, this.access)) {
				throw new BeingRemovedException();
			}
			return true;
		});
	}

	/**
	 * Removes a file if no application, this one included, uses it.
	 * @param mark the real path of the file's mark; its directory exists
	 * @param removal removes the file; nobody begins to use it meanwhile
	 * @return whether the removal was run
	 * @throws IOException if the removal failed, or there can be no mark
	 */
	public boolean ifUnused(Path mark, DiskStep removal) throws IOException {
		if (!beginRemoval(mark, this.exclusive, this.access)) {
			return false;
		}
		try {
			removal.take();
			return true;
		}
		finally {
			endRemoval(mark);
		}
	}

	/**
	 * Says that this application uses none of them any more.
	 */
	@Override
	public synchronized void close() {
		this.closed = true;
		for (Path mark : this.used) {
			try {
				removeUser(mark);
			}
			catch (IOException ex) {
				logger.debug("The mark {} cannot be closed", mark, ex);
			}
		}
		this.used.clear();
	}

	/**
	 * Adds a user.
	 * @return whether it was added; {@code false} while somebody removes the file
	 */
	private static synchronized boolean addUser(Path path, FileLocking shared, FileAccess access) throws IOException {
		Mark mark = MARKS.get(path);
		if (mark == null) {
			mark = Mark.open(path, shared, access);
			if (mark.outcome == Outcome.HELD) {
				mark.channel.close();
				return false;
			}
			MARKS.put(path, mark);
		}
		if (mark.removing) {
			return false;
		}
		mark.users++;
		return true;
	}

	/** Takes a user away; the last one releases the lock. */
	private static synchronized void removeUser(Path path) throws IOException {
		Mark mark = MARKS.get(path);
		if (mark != null && --mark.users == 0) {
			MARKS.remove(path);
			mark.channel.close();
		}
	}

	/**
	 * Excludes all users.
	 * @return whether there are none, as far as the operating system vouches for it
	 */
	private static synchronized boolean beginRemoval(Path path, FileLocking exclusive, FileAccess access)
			throws IOException {
		if (MARKS.containsKey(path)) {
			return false;
		}
		Mark mark = Mark.open(path, exclusive, access);
		if (mark.outcome != Outcome.LOCKED) {
			mark.channel.close();
			return false;
		}
		mark.removing = true;
		MARKS.put(path, mark);
		return true;
	}

	/** Lets users in again. */
	private static synchronized void endRemoval(Path path) throws IOException {
		Mark mark = MARKS.remove(path);
		if (mark != null) {
			mark.channel.close();
		}
	}

	/** An open mark. The users of one process count and share one lock. */
	private static final class Mark {

		private final FileChannel channel;

		private final Outcome outcome;

		private int users;

		private boolean removing;

		private Mark(FileChannel channel, Outcome outcome) {
			this.channel = channel;
			this.outcome = outcome;
		}

		static Mark open(Path path, FileLocking locking, FileAccess access) throws IOException {
			FileChannel channel = open(path, access);
			return new Mark(channel, locking.attempt(channel));
		}

		/** A shared lock needs no right to write, so that other users have a mark too. */
		private static FileChannel open(Path path, FileAccess access) throws IOException {
			try {
				FileChannel channel = FileChannel.open(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
						StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), access.forFile(path));
				access.widen(path);
				return channel;
			}
			catch (AccessDeniedException ex) {
				if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
					throw ex;
				}
				return FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
			}
		}

	}

	/**
	 * Somebody removes the file just now. Carries no stack trace: it is how a poll ends.
	 */
	private static final class BeingRemovedException extends RuntimeException {

		BeingRemovedException() {
			super("being removed", null, false, false);
		}

	}

}
