/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.ForcedChannel;
import dev.modelcache.internal.lock.ExclusiveFile;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.ProcessIdentity;
import dev.modelcache.internal.lock.ProcessIdentity.State;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The staged files of one target: this process's own, those that dead processes left, and
 * those that living ones write.
 * <p>
 * A file is taken by its lock and by a rename, which succeeds for one process alone; so
 * two writers never share a file, even where the file system has no locks.
 */
final class Partials {

	private static final Logger logger = LoggerFactory.getLogger(Partials.class);

	private static final int ATTEMPTS = 5;

	private final Path target;

	private final ExclusiveFiles files;

	private final Instant expiry;

	private final boolean keepsKeys;

	private final boolean trustsGroup;

	private @Nullable FileOwner owner;

	/**
	 * Creates it.
	 * @param target the target
	 * @param files opens files
	 * @param expiry files that were last written before are of no use
	 * @param keepsKeys whether files keep device and inode when they are renamed
	 * @param access of whom {@link FileAccess#GROUP} says that the group of a file may be
	 * trusted
	 */
	Partials(Path target, ExclusiveFiles files, Instant expiry, boolean keepsKeys, FileAccess access) {
		this.trustsGroup = access == FileAccess.GROUP;
		this.target = target;
		this.files = files;
		this.expiry = expiry;
		this.keepsKeys = keepsKeys;
	}

	/**
	 * Takes the most useful file that nobody owns any more, and deletes the others.
	 * @param judge tells what a file is worth
	 * @return the file, with a name of this process, or {@code null} if there is none
	 */
	@Nullable Partial claim(PartialJudge judge) throws IOException {
		List<Partial> taken = new ArrayList<>();
		boolean done = false;
		try {
			Partial best = null;
			long most = 0;
			for (Path path : staged()) {
				Partial partial = tryTake(path);
				if (partial == null) {
					continue;
				}
				taken.add(partial);
				long worth = isExpired(partial.path()) ? 0 : judge.worth(partial.journal().lines());
				if (worth > most) {
					best = partial;
					most = worth;
				}
			}
			for (Partial partial : taken) {
				if (partial != best) {
					discard(partial);
				}
			}
			done = true;
			deleteOrphans(this.target);
			deleteProbes();
			return best;
		}
		finally {
			if (!done) {
				// They stay on disk for another download.
				for (Partial partial : taken) {
					partial.file().close();
				}
			}
		}
	}

	/**
	 * Takes the files of another target, which will not come there, for this one.
	 * @param others the files of the other target
	 */
	void continueFrom(Partials others) throws IOException {
		Partial left = others.claim((lines) -> lines.size());
		if (left != null) {
			left.closeOrDelete();
			Path own = StagedName.of(this.target);
			FileMoves.replace(left.path(), own);
			moveJournal(left.path(), own);
		}
	}

	/**
	 * Deletes what ended processes left of copies: without a journal, it is of no use.
	 */
	void deleteCopies() throws IOException {
		for (Path path : staged()) {
			Partial left = Files.exists(StagedName.journal(path)) ? null : tryTake(path);
			if (left != null) {
				discard(left);
			}
		}
	}

	/** Creates an empty file. */
	Partial create() throws IOException {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			Path path = StagedName.of(this.target);
			// Somebody who cleans up may take it between its creation and its lock.
			ExclusiveFile file = this.files.tryCreate(path, FileAccess.PRIVATE.forFile(path));
			if (file != null) {
				return new Partial(path, file, new PartialJournal(StagedName.journal(path), List.of()),
						FileOwner.of(path), key(path));
			}
		}
		throw new IOException("other processes remove each new file");
	}

	/**
	 * Returns the most useful file among those that another process may still write.
	 * @param judge tells what a file is worth
	 * @return its path, or {@code null} if there is none
	 */
	@Nullable Path mostUsefulOfOthers(PartialJudge judge) throws IOException {
		Path best = null;
		long most = 0;
		for (Path path : staged()) {
			long worth = (this.files.isOwn(path) || !owner().isPrivate(path)) ? 0 : judge.worth(journal(path));
			if (worth > most) {
				best = path;
				most = worth;
			}
		}
		return best;
	}

	/**
	 * Copies a file that another process may still write. The journal's lines are read
	 * before the bytes they speak of, so they hold for the copy; whoever uses it checks
	 * them all the same.
	 */
	void copy(Path other, Partial into, Runnable advanced) throws IOException {
		List<String> lines = journal(other);
		try (FileChannel from = FileChannel.open(other, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
			ForcedChannel.copy(from, into.file().channel(), advanced);
		}
		into.journal().copy(lines);
	}

	private List<String> journal(Path staged) throws IOException {
		return PartialJournal.read(StagedName.journal(staged), owner());
	}

	private FileOwner owner() throws IOException {
		FileOwner known = this.owner;
		if (known == null) {
			known = FileOwner.in(Objects.requireNonNull(this.target.getParent()));
			this.owner = known;
		}
		return known;
	}

	/** What another user put there, or may write, is left where it is. */
	private @Nullable Partial tryTake(Path path) throws IOException {
		Object key = key(path);
		if (!owner().isPrivate(path)) {
			logger.debug("{} is not a private file of this user; it is not used", path);
			return null;
		}
		ExclusiveFile file = this.files.tryOpen(path);
		if (file == null) {
			return null;
		}
		Partial taken = null;
		try {
			Path own = (file.locked() || isAbandoned(path)) ? rename(path) : null;
			if (own != null) {
				file.renamed(own);
				Partial renamed = new Partial(own, file, new PartialJournal(StagedName.journal(own), journal(own)),
						owner(), key);
				taken = renamed.isIntact() ? renamed : null;
			}
			return taken;
		}
		finally {
			if (taken == null) {
				file.close();
			}
		}
	}

	private @Nullable Object key(Path path) throws IOException {
		return this.keepsKeys ? Partial.keyOf(path) : null;
	}

	private boolean isAbandoned(Path path) throws IOException {
		ProcessIdentity owner = StagedName.owner(path, this.target);
		return owner == null || owner.state() == State.GONE || isExpired(path);
	}

	/** Returns the new name, or null if somebody else was faster. */
	private @Nullable Path rename(Path path) throws IOException {
		Path own = StagedName.of(this.target);
		try {
			FileMoves.replace(path, own);
		}
		catch (NoSuchFileException ex) {
			return null;
		}
		catch (FileSystemException ex) {
			// Some do not rename an open file; it is copied as that of another process.
			logger.debug("{} cannot be taken over", path, ex);
			return null;
		}
		moveJournal(path, own);
		return own;
	}

	private static void moveJournal(Path path, Path own) throws IOException {
		try {
			FileMoves.replace(StagedName.journal(path), StagedName.journal(own));
		}
		catch (NoSuchFileException ex) {
			logger.debug("{} has no journal", own);
		}
	}

	private boolean isExpired(Path path) throws IOException {
		try {
			return Files.getLastModifiedTime(path).toInstant().isBefore(this.expiry);
		}
		catch (NoSuchFileException ex) {
			return false;
		}
	}

	private static void discard(Partial partial) throws IOException {
		logger.info("Deleting the partial download {}, which cannot be resumed", partial.path());
		partial.delete();
	}

	/**
	 * Deletes the files of processes that are not known to run, once nothing continues
	 * them: whoever works under the lock of the target has taken it over from them, where
	 * the file system has no locks. An owner that was only paused finds its file gone.
	 */
	void deleteOthers() throws IOException {
		for (Path path : staged()) {
			ProcessIdentity process = StagedName.owner(path, this.target);
			if (process != null && process.state() != State.RUNNING && owner().isPrivate(path)) {
				try (ExclusiveFile file = this.files.tryOpen(path)) {
					if (file != null) {
						logger.info("Deleting {}, left by a download of another process", path);
						Files.deleteIfExists(StagedName.journal(path));
						Files.deleteIfExists(path);
					}
				}
			}
		}
	}

	/**
	 * Deletes the journals that ended processes left without their files. A file is made
	 * before its journal, and its owner deletes the journal when the file has become the
	 * target.
	 * @param target the target
	 */
	static void deleteOrphans(Path target) {
		try {
			for (Path journal : list(target, StagedName.JOURNAL)) {
				ProcessIdentity owner = StagedName.owner(journal, target);
				if (!Files.exists(StagedName.staged(journal)) && owner != null && owner.state() != State.RUNNING) {
					Files.deleteIfExists(journal);
				}
			}
		}
		catch (IOException ex) {
			logger.debug("The journals beside {} cannot be deleted", target, ex);
		}
	}

	/** Deletes the files with which ended processes tried the directory out. */
	private void deleteProbes() throws IOException {
		Path probe = this.target.resolveSibling(DirectoryProbe.NAME);
		for (Path path : list(probe, StagedName.STAGED)) {
			ProcessIdentity process = StagedName.owner(path, probe);
			if (process != null && process.state() == State.GONE && owner().isPrivate(path)
					&& !Files.exists(StagedName.journal(path))) {
				Files.deleteIfExists(path);
			}
		}
	}

	private List<Path> staged() throws IOException {
		List<Path> all = list(this.target, StagedName.STAGED);
		for (Path path : all) {
			if (this.trustsGroup && !this.files.isOwn(path)) {
				owner().takeFromGroup(path);
				owner().takeFromGroup(StagedName.journal(path));
			}
		}
		return all;
	}

	private static List<Path> list(Path target, String ending) throws IOException {
		return Listing.of(target.resolveSibling(""), "*" + ending)
			.stream()
			.filter((file) -> StagedName.owner(file, target) != null)
			.toList();
	}

}
