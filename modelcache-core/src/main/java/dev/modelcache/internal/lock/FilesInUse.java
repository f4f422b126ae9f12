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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.FileLocking.Outcome;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.retry.support.RetryTemplate;

/**
 * Says to other processes which files this application uses, so that none of them removes
 * one. Whoever uses a file holds a shared lock on its mark, a permanent empty file, until
 * {@link #leave} or {@link #close()} or the end of the process; whoever removes a file
 * holds the exclusive one meanwhile. Where the file system has no locks, nothing counts
 * as unused.
 * <p>
 * <em>Thread-safety</em>: all methods. No lock of this process is held while a file is
 * opened, locked or closed, so that a disk that hangs holds up its own marks alone.
 * <em>Blocking</em>: all methods; {@link #use} waits at most two seconds for a removal
 * that is under way.
 */
public final class FilesInUse implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(FilesInUse.class);

	/**
	 * The marks that this process has open, or is about to open or to close, by their
	 * real paths: static for the reason that {@link HeldLocks} are.
	 */
	private static final Map<Path, Mark> MARKS = new ConcurrentHashMap<>();

	private final FileLocking shared;

	private final FileLocking exclusive;

	private final FileAccess access;

	private final Set<Path> used = ConcurrentHashMap.newKeySet();

	private volatile boolean closed;

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
	 * @return whether it is marked; {@code false} if another process evicts it, or the
	 * disk does not answer
	 * @throws IOException if there can be no mark; nobody knows of the use then
	 */
	public boolean use(Path mark) throws IOException {
		if (this.closed || this.used.contains(mark)) {
			return true;
		}
		try {
			if (!addUser(mark)) {
				awaitRemoval(mark);
			}
		}
		catch (BusyException ex) {
			logger.warn("Another process has been evicting the file of {} for a long time, or the disk does not answer;"
					+ " it may disappear", mark);
			return false;
		}
		if (!this.used.add(mark)) {
			// Another thread of this cache was faster.
			removeUser(mark);
		}
		else if (this.closed) {
			leave(mark);
		}
		return true;
	}

	/** A removal takes a few system calls. */
	private void awaitRemoval(Path mark) throws IOException {
		RetryTemplate polling = RetryTemplate.builder()
			.maxAttempts(100)
			.fixedBackoff(Duration.ofMillis(20))
			.retryOn(BusyException.class)
			.build();
		polling.<Void, IOException>execute((attempt) -> {
			if (!addUser(mark)) {
				throw new BusyException();
			}
			return null;
		});
	}

	/**
	 * Removes a file if no application, this one included, uses it.
	 * @param path the real path of the file's mark; its directory exists
	 * @param removal removes the file; nobody begins to use it meanwhile
	 * @return whether the removal was run
	 * @throws IOException if the removal failed, or there can be no mark
	 */
	public boolean ifUnused(Path path, DiskStep removal) throws IOException {
		Mark mark = new Mark();
		if (MARKS.putIfAbsent(path, mark) != null) {
			return false;
		}
		try {
			boolean unused = mark.open(path, this.exclusive, this.access) == Outcome.LOCKED;
			if (unused) {
				removal.take();
			}
			return unused;
		}
		finally {
			end(path, mark);
		}
	}

	/**
	 * Says that this application does not use a file any more.
	 * @param mark the real path of the file's mark
	 */
	public void leave(Path mark) {
		if (this.used.remove(mark)) {
			try {
				removeUser(mark);
			}
			catch (IOException ex) {
				logger.debug("The mark {} cannot be closed", mark, ex);
			}
		}
	}

	/**
	 * Says that this application uses none of them any more.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.used.forEach(this::leave);
	}

	/**
	 * Adds a user to an open mark, or opens it.
	 * @return whether it was added; {@code false} while a process removes the file, or a
	 * thread of this one opens or closes its mark
	 */
	private boolean addUser(Path path) throws IOException {
		Mark opening = new Mark();
		AtomicBoolean added = new AtomicBoolean();
		Mark mark = MARKS.compute(path, (key, known) -> {
			added.set(known != null && known.addUser());
			return (known != null) ? known : opening;
		});
		if (added.get() || mark != opening) {
			return added.get();
		}
		boolean opened = false;
		try {
			opened = opening.open(path, this.shared, this.access) != Outcome.HELD;
			if (opened) {
				MARKS.computeIfPresent(path, (key, known) -> known.opened());
			}
			return opened;
		}
		finally {
			if (!opened) {
				end(path, opening);
			}
		}
	}

	/** Takes a user away; the last one releases the lock. */
	private static void removeUser(Path path) throws IOException {
		AtomicBoolean last = new AtomicBoolean();
		Mark mark = MARKS.computeIfPresent(path, (key, known) -> {
			last.set(known.removeUser());
			return known;
		});
		if (mark != null && last.get()) {
			end(path, mark);
		}
	}

	/**
	 * Closes a mark before another thread may open it again, which would release its
	 * lock.
	 */
	private static void end(Path path, Mark mark) throws IOException {
		try {
			mark.close();
		}
		finally {
			MARKS.remove(path, mark);
		}
	}

	/**
	 * A mark of this process. Its users count and share one lock; their number changes
	 * within the map alone. While there are none, the thread that put the mark there, or
	 * takes it away, has it for itself.
	 */
	private static final class Mark {

		private int users;

		private @Nullable FileChannel channel;

		boolean addUser() {
			this.users += (this.users > 0) ? 1 : 0;
			return this.users > 0;
		}

		Mark opened() {
			this.users = 1;
			return this;
		}

		boolean removeUser() {
			return this.users > 0 && --this.users == 0;
		}

		Outcome open(Path path, FileLocking locking, FileAccess access) throws IOException {
			FileChannel opened = open(path, access);
			this.channel = opened;
			return locking.attempt(opened);
		}

		void close() throws IOException {
			if (this.channel != null) {
				this.channel.close();
			}
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
	 * The mark cannot be had just now. Carries no stack trace: it is how a poll ends.
	 */
	private static final class BusyException extends RuntimeException {

		BusyException() {
			super("busy", null, false, false);
		}

	}

}
