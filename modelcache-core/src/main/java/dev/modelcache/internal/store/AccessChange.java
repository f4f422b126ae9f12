/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import dev.modelcache.ModelPathConflict;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.store.Receipts.ReceivedFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets other users read what this user stored before they were allowed to. Permissions
 * are added, and never taken away: a user may have added some by hand.
 * <p>
 * <em>Blocking</em>: all methods. <em>Errors</em>: none; what stays private is told to
 * those who ask for it.
 */
final class AccessChange {

	private static final Logger logger = LoggerFactory.getLogger(AccessChange.class);

	/** Beside the receipts while a place has not been looked at. */
	private static final String AGAIN = "private-places";

	private final CacheLayout layout;

	private final Receipts receipts;

	private final AtomicBoolean done = new AtomicBoolean();

	/** A place could not be looked at. */
	private boolean skipped;

	AccessChange(CacheLayout layout, Receipts receipts) {
		this.layout = layout;
		this.receipts = receipts;
	}

	/**
	 * Adds the permissions that the files of the cache lack, the first time that it is
	 * called. The directories come last, and tell whether there is anything to do.
	 */
	void widenOnce() {
		FileAccess access = this.layout.access();
		Path records = this.layout.receipts();
		if (access == FileAccess.PRIVATE || this.done.getAndSet(true)) {
			return;
		}
		try {
			List<Path> directories = List.of(records.resolveSibling("models"), records.resolveSibling("locks"),
					records);
			Path again = records.resolve(AGAIN);
			boolean narrower = Files.exists(again, LinkOption.NOFOLLOW_LINKS);
			for (Path directory : directories) {
				narrower |= Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && access.isNarrower(directory);
			}
			if (!narrower) {
				return;
			}
			access.createDirectories(records);
			if (!isOwn(records)) {
				logger.warn("The files in {} keep their permissions, because {} belongs to another user, or others can"
						+ " write to it; use chmod to let others read them", records.getParent(), records);
				return;
			}
			logger.info("The files in {} were private; hooks.llm.cache.permissions lets others read them now",
					records.getParent());
			FileOwner owner = FileOwner.in(records);
			Set<Path> versions = new HashSet<>();
			for (ReceivedFile file : this.receipts.all(records, access)) {
				if (owner.isPrivate(file.file()) && isWidened(access, file) && !this.layout.isChosen(file.target())) {
					versions.add(CacheLayout.versions(this.layout.modelOf(file.target())));
				}
			}
			for (Path directory : directories) {
				widenAll(access, directory, owner);
			}
			for (Path directory : versions) {
				widenVersions(access, directory);
			}
			access.widen(Objects.requireNonNull(records.getParent()));
			for (Path directory : directories) {
				if (isOwn(directory)) {
					access.widen(directory);
				}
			}
			if (!this.skipped) {
				Files.deleteIfExists(again);
			}
			else if (!Files.exists(again, LinkOption.NOFOLLOW_LINKS)) {
				access.create(again).close();
			}
		}
		catch (IOException ex) {
			logger.debug("Not all files of the cache can be read by others", ex);
		}
	}

	/**
	 * Lets others read the versions of a model of several files at a path that the user
	 * chose.
	 */
	private static void widenVersions(FileAccess access, Path versions) {
		try {
			if (isOwn(versions)) {
				widenAll(access, versions, FileOwner.in(versions));
				access.widen(versions);
			}
		}
		catch (IOException ex) {
			logger.debug("{} stays as it is", versions, ex);
		}
	}

	/**
	 * A place that cannot be looked at, such as a volume that is away, keeps no other.
	 */
	private boolean isWidened(FileAccess access, ReceivedFile file) {
		try {
			return widen(access, file);
		}
		catch (IOException ex) {
			this.skipped = true;
			logger.warn("{} keeps its permissions until the next start, because it cannot be looked at: {}",
					file.target(), DiskFault.reason(ex));
			return false;
		}
	}

	/**
	 * Returns whether a file is one of this cache and unchanged. A change of the
	 * permissions is one of the file, which its receipt must survive.
	 */
	private boolean widen(FileAccess access, ReceivedFile file) throws IOException {
		Path target = file.target();
		ModelPlace place = new ModelPlace(target, target, file.file(), access);
		boolean ours = this.layout.isChosen(target) ? file.receipt().isOurs(place)
				// Those who can exchange the receipts could name any file.
				: FileAccess.isProtected(this.layout.directory())
						&& file.receipt().isOurs(place.chosenByUser(ModelPathConflict.FAIL));
		Fingerprint before = Fingerprint.of(target);
		boolean known = before != null && ours && this.layout.isReceiptOf(file.file(), target)
				&& file.receipt().fingerprint().fits(before) && !Files.isSymbolicLink(target);
		if (known) {
			access.widen(target);
			this.receipts.completeFingerprint(place);
			// Else it gets its permissions when it is locked the next time.
			if (FileAccess.isProtected(place.directory())) {
				access.widen(CacheLayout.lockBeside(target));
				access.widen(Seals.recordOf(target));
			}
		}
		return known;
	}

	/**
	 * Partial downloads and their journals stay private, as new ones are. Where others
	 * can put files, nothing is changed: neither a file of theirs, nor a lock that this
	 * process may have meanwhile, which would be lost.
	 */
	private static void widenAll(FileAccess access, Path top, FileOwner owner) throws IOException {
		Files.walkFileTree(top, new SimpleFileVisitor<>() {

			@Override
			public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
					throws IOException {
				return isOwn(directory) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
			}

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
				if (isRecord(file) && owner.isPrivate(file)) {
					access.widen(file);
				}
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult visitFileFailed(Path file, IOException failure) {
				logger.debug("{} stays as it is", file, failure);
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) {
				if (!directory.equals(top)) {
					access.widen(directory);
				}
				return FileVisitResult.CONTINUE;
			}

		});
	}

	private static boolean isOwn(Path directory) throws IOException {
		return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && FileAccess.isProtected(directory);
	}

	private static boolean isRecord(Path path) {
		String name = path.getFileName().toString();
		return Stream.of(".properties", ".adopted", ".elsewhere", ".history", ".lock", ".use", ".sealed", "current")
			.anyMatch(name::endsWith);
	}

}
