/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import dev.modelcache.LockOwner;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.DeniedAccess;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.lock.FileLocking.Outcome;
import dev.modelcache.internal.lock.ProcessIdentity.State;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.retry.backoff.BackOffInterruptedException;
import org.springframework.retry.backoff.ExponentialRandomBackOffPolicy;
import org.springframework.retry.backoff.Sleeper;
import org.springframework.retry.backoff.ThreadWaitSleeper;
import org.springframework.retry.support.RetryTemplate;

/**
 * Locks by permanent lock files: an exclusive lock of the operating system where the file
 * system has one; where it has none, the holder's note alone decides.
 * <p>
 * A file that is locked stays locked as long as its process lives, whatever its note
 * says; a lock that is free is taken, whatever note a dead process left. A note alone
 * counts until its process is known to have ended or, where this machine cannot know,
 * until three heartbeats have not come. Nothing rests on the exclusion but the saving of
 * a second download.
 */
public final class FileCacheLockFactory implements CacheLockFactory {

	private static final Logger logger = LoggerFactory.getLogger(FileCacheLockFactory.class);

	private static final boolean UNIX = FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

	/**
	 * A holder renews its note each second. A heartbeat that has not come for this time
	 * is missed: the disk may be slow, and its view of the file old.
	 */
	private static final Duration HEARTBEAT = Duration.ofSeconds(10);

	private static final int MISSED_HEARTBEATS = 3;

	private final LockSettings settings;

	private final Clock clock;

	private final LongSupplier nanoTime;

	private final FileLocking locking;

	private final FileLocking shared;

	private final Sleeper sleeper;

	private final String host = HostName.current();

	/** What is in lock files that only their text protects. */
	private final Map<Path, Seen> unchanged = new ConcurrentHashMap<>();

	/**
	 * Creates a factory.
	 * @param settings how long to wait
	 * @param clock tells the time that is noted
	 */
	public FileCacheLockFactory(LockSettings settings, Clock clock) {
		this(settings, clock, System::nanoTime, FileLocking.SYSTEM, new ThreadWaitSleeper());
	}

	FileCacheLockFactory(LockSettings settings, Clock clock, LongSupplier nanoTime, FileLocking locking,
			Sleeper sleeper) {
		this.settings = settings;
		this.clock = clock;
		this.nanoTime = nanoTime;
		this.locking = locking;
		this.shared = (locking == FileLocking.SYSTEM) ? FileLocking.SHARED : locking;
		this.sleeper = sleeper;
	}

	private static RetryTemplate polling(Sleeper sleeper) {
		ExponentialRandomBackOffPolicy backOff = new ExponentialRandomBackOffPolicy();
		backOff.setInitialInterval(100);
		backOff.setMultiplier(1.3);
		backOff.setMaxInterval(1000);
		backOff.setSleeper(sleeper);
		return RetryTemplate.builder().infiniteRetry().retryOn(HeldException.class).customBackoff(backOff).build();
	}

	/**
	 * {@inheritDoc}
	 * <p>
	 * Where no lock file can be written, nothing is locked: what is served from there
	 * needs no lock, and what cannot be written fails by itself.
	 */
	@Override
	public CacheLock acquire(LockRequest request, Consumer<LockOwner> whileWaiting) {
		if (isNowhere(request.lockFile())) {
			logger.debug("Model '{}': there is no lock, because {} cannot be written", request.modelId(),
					request.lockFile());
			return new NoLock();
		}
		LockWait wait = new LockWait(request, this.settings.timeout(), this.nanoTime, whileWaiting);
		Path lockFile = prepare(request);
		try {
			Consumer<Duration> pause = request.pause();
			RetryTemplate polling = polling(
					(pause != null) ? (millis) -> pause.accept(Duration.ofMillis(millis)) : this.sleeper);
			return polling.<CacheLock, RuntimeException>execute((attempt) -> tryAcquire(request, lockFile, wait));
		}
		catch (BackOffInterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new ModelCancelledException(request.modelId(), "the wait for the lock was cancelled",
					"Request the model '" + request.modelId() + "' again");
		}
	}

	/**
	 * Returns whether a lock file is in a directory that cannot be written, or below a
	 * device, where the cache's directory is if there is no home directory. A directory
	 * that cannot be entered is another user's, and may have the lock; a file in the
	 * place of a directory is an error.
	 */
	private static boolean isNowhere(Path lockFile) {
		try {
			Files.readAttributes(lockFile, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
			return false;
		}
		catch (IOException ex) {
			Path above = existingAbove(lockFile);
			if (above != null && !Files.isDirectory(above)) {
				return !Files.isRegularFile(above);
			}
			// Some JDKs say so of what is below a file, too.
			return ex instanceof NoSuchFileException && !ExclusiveFiles.isWritable(lockFile);
		}
	}

	private static @Nullable Path existingAbove(Path file) {
		Path above = file.toAbsolutePath().getParent();
		while (above != null && !Files.exists(above)) {
			above = above.getParent();
		}
		return above;
	}

	private Path prepare(LockRequest request) {
		Path lockFile = request.lockFile().toAbsolutePath();
		Path directory = lockFile.getParent();
		if (directory == null) {
			throw unusable(request, new IOException("a lock file must be in a directory"));
		}
		try {
			this.settings.access().createDirectories(directory);
			return directory.toRealPath().resolve(lockFile.getFileName());
		}
		catch (IOException ex) {
			throw unusable(request, ex);
		}
	}

	private CacheLock tryAcquire(LockRequest request, Path lockFile, LockWait wait) {
		HeldLocks.Entry claim = HeldLocks.claim(lockFile);
		if (claim == null) {
			throw held(wait, HeldLocks.ownerOf(lockFile));
		}
		CacheLock lock = null;
		try {
			lock = tryAcquire(request, claim, lockFile, wait);
			return lock;
		}
		catch (IOException ex) {
			DiskFault fault = DiskFault.of(ex);
			if (isFull(fault) && !Files.exists(lockFile, LinkOption.NOFOLLOW_LINKS)) {
				logger.debug("Model '{}': there is no lock, because {} cannot be created", request.modelId(), lockFile,
						ex);
				return new NoLock();
			}
			if (!(ex instanceof AccessDeniedException) && fault != DiskFault.READ_ONLY
					&& fault != DiskFault.NOT_PERMITTED) {
				throw unusable(request, ex);
			}
			lock = tryAcquireAsReader(request, claim, lockFile, wait, ex);
			return lock;
		}
		finally {
			if (lock == null) {
				claim.release();
			}
		}
	}

	private static boolean isFull(DiskFault fault) {
		return fault == DiskFault.NO_SPACE || fault == DiskFault.QUOTA;
	}

	private FileCacheLock tryAcquire(LockRequest request, HeldLocks.Entry claim, Path lockFile, LockWait wait)
			throws IOException {
		FileChannel channel = FileChannel.open(lockFile, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
				StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), this.settings.access().forFile(lockFile));
		FileCacheLock lock = null;
		try {
			requireOnlyName(lockFile);
			this.settings.access().widen(lockFile);
			Outcome outcome = attempt(request, lockFile, channel, this.locking, wait);
			LockOwner owner = self();
			ProcessIdentity process = ProcessIdentity.current();
			OwnerNote written = write(new OwnerNote(owner, process), channel, outcome);
			if (written != null && !written.isOf(owner)) {
				throw held(wait, written);
			}
			this.unchanged.remove(lockFile);
			lock = new FileCacheLock(claim, channel, owner, process, outcome == Outcome.LOCKED, this.clock);
			return lock;
		}
		finally {
			if (lock == null) {
				channel.close();
			}
		}
	}

	/**
	 * Writes a note, and returns what stands in the file then. A lock of the operating
	 * system counts also where the disk has no room for a note, so that what is there can
	 * be served.
	 */
	private static @Nullable OwnerNote write(OwnerNote note, FileChannel channel, Outcome outcome) throws IOException {
		try {
			note.write(channel, outcome != Outcome.LOCKED);
			return OwnerNote.read(channel);
		}
		catch (IOException ex) {
			if (outcome != Outcome.LOCKED || !isFull(DiskFault.of(ex))) {
				throw ex;
			}
			logger.debug("The disk is full, so the lock file does not say who has it", ex);
			return null;
		}
	}

	/**
	 * Waits for the owner of a lock file that this process cannot write: it belongs to
	 * another user, or its file system is read-only here. What is to be done under the
	 * lock is then found done, or fails where it must write.
	 */
	private CacheLock tryAcquireAsReader(LockRequest request, HeldLocks.Entry claim, Path lockFile, LockWait wait,
			IOException refusal) {
		FileChannel channel = null;
		ReadersLock lock = null;
		try {
			if (Files.exists(lockFile, LinkOption.NOFOLLOW_LINKS)) {
				// To open a pipe for reading waits for a writer.
				requireOnlyName(lockFile);
			}
		}
		catch (IOException ex) {
			throw unusable(request, ex);
		}
		try {
			channel = FileChannel.open(lockFile, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
			attempt(request, lockFile, channel, this.shared, wait);
			lock = new ReadersLock(claim, channel);
			return lock;
		}
		catch (IOException ex) {
			refusal.addSuppressed(ex);
			throw unusable(request, refusal);
		}
		finally {
			if (lock == null && channel != null) {
				close(channel);
			}
		}
	}

	private static void close(FileChannel channel) {
		try {
			channel.close();
		}
		catch (IOException ex) {
			logger.debug("The lock file cannot be closed", ex);
		}
	}

	/** The note would be written into whatever the name leads to. */
	private static void requireOnlyName(Path lockFile) throws IOException {
		boolean regular = Files.isRegularFile(lockFile, LinkOption.NOFOLLOW_LINKS);
		if (!regular || (UNIX
				&& !Integer.valueOf(1).equals(Files.getAttribute(lockFile, "unix:nlink", LinkOption.NOFOLLOW_LINKS)))) {
			throw new IOException("it is a link, or not a file");
		}
	}

	/** Returns how the lock was had. */
	private Outcome attempt(LockRequest request, Path lockFile, FileChannel channel, FileLocking locking, LockWait wait)
			throws IOException {
		Outcome outcome = locking.attempt(channel);
		if (outcome == Outcome.LOCKED) {
			return outcome;
		}
		String text = OwnerNote.text(channel);
		OwnerNote note = OwnerNote.parse(text);
		if (outcome == Outcome.HELD || !isVoid(request, lockFile, text, note)) {
			throw held(wait, note);
		}
		return outcome;
	}

	/**
	 * Returns whether a note no longer counts. One that cannot be read may be in the
	 * middle of being written.
	 */
	private boolean isVoid(LockRequest request, Path lockFile, String text, @Nullable OwnerNote note)
			throws IOException {
		if (text.isEmpty()) {
			return true;
		}
		ProcessIdentity process = (note != null) ? note.process() : null;
		State state = (process != null) ? process.state() : State.UNKNOWN;
		String why = null;
		if (state == State.GONE) {
			why = "that process has ended";
		}
		else if (state == State.RUNNING && !ProcessIdentity.current().equals(process)) {
			return false;
		}
		else {
			Duration unchanged = unchanged(lockFile, text);
			Duration patience = shorter(HEARTBEAT.multipliedBy(MISSED_HEARTBEATS), this.settings.staleAfter());
			if (unchanged.compareTo(patience) >= 0) {
				why = MISSED_HEARTBEATS + " of its heartbeats were missed";
			}
			else if (unchanged.compareTo(HEARTBEAT) >= 0 && isStale((note != null) ? note.owner().heartbeat()
					: Files.getLastModifiedTime(lockFile, LinkOption.NOFOLLOW_LINKS).toInstant())) {
				why = "its last heartbeat is older than lock.stale-after";
			}
		}
		if (why != null) {
			logger.info("Model '{}': the lock of {} is taken over, because {}", request.modelId(),
					LockWait.describe((note != null) ? note.owner() : null), why);
		}
		return why != null;
	}

	/**
	 * Returns whether a note says that it is old. A clock that was set may be why, so
	 * this counts only if a heartbeat did not come, too.
	 */
	private boolean isStale(Instant heartbeat) {
		return Duration.between(heartbeat, this.clock.instant()).compareTo(this.settings.staleAfter()) > 0;
	}

	/**
	 * Returns how long the text has been the same, in time that passed here: the clock of
	 * its writer may be another one, and each may be set. All waits of this process
	 * count, as each may be shorter.
	 */
	private Duration unchanged(Path lockFile, String text) {
		long now = this.nanoTime.getAsLong();
		Seen seen = this.unchanged.compute(lockFile,
				(file, before) -> (before != null && before.text().equals(text)) ? before : new Seen(text, now));
		return Duration.ofNanos(now - seen.since());
	}

	private static Duration shorter(Duration one, Duration other) {
		return (one.compareTo(other) < 0) ? one : other;
	}

	private LockOwner self() {
		Instant now = this.clock.instant();
		return LockOwner.of(ProcessHandle.current().pid(), this.host, now);
	}

	private static HeldException held(LockWait wait, @Nullable OwnerNote note) {
		return held(wait, (note != null) ? note.owner() : null);
	}

	private static HeldException held(LockWait wait, @Nullable LockOwner owner) {
		wait.heldBy(owner);
		return new HeldException();
	}

	private static ModelStorageException unusable(LockRequest request, IOException ex) {
		ModelStorageException denied = DeniedAccess.writing(request.modelId(), request.lockFile(), ex);
		if (denied != null) {
			return denied;
		}
		Path directory = request.lockFile().toAbsolutePath().getParent();
		if (directory != null && DiskFault.of(ex) != DiskFault.OTHER) {
			return DiskFault.exception(request.modelId(), directory,
					"the lock file " + request.lockFile() + " cannot be written", ex);
		}
		return new ModelStorageException(request.modelId(), (directory != null) ? directory : request.lockFile(),
				"the lock file " + request.lockFile() + " cannot be used (" + DiskFault.reason(ex)
						+ "); delete it if it is a link or belongs to another user",
				ex);
	}

	/**
	 * What a lock file says.
	 *
	 * @param text the text
	 * @param since when it was seen first, as {@link System#nanoTime}
	 */
	private record Seen(String text, long since) {

	}

	/** The lock of a place where no file can be written. */
	private static final class NoLock implements CacheLock {

		@Override
		public void heartbeat(@Nullable TransferProgress progress) {
		}

		@Override
		public void close() {
		}

	}

	/**
	 * Somebody else holds the lock. Carries no stack trace: it is how a poll ends.
	 */
	private static final class HeldException extends RuntimeException {

		HeldException() {
			super("held", null, false, false);
		}

	}

}
