/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.store.Receipts.ReceivedFile;
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

	private final CacheLayout layout;

	private final Receipts receipts;

	private final AtomicBoolean done = new AtomicBoolean();

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
			boolean narrower = false;
			for (Path directory : directories) {
				narrower |= Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && access.isNarrower(directory);
			}
			if (!narrower) {
				return;
			}
			logger.info("The files in {} were private; hooks.llm.cache.permissions lets others read them now",
					records.getParent());
			for (ReceivedFile file : this.receipts.all(records, access)) {
				widen(access, file);
			}
			directories.forEach((directory) -> widenAll(access, directory));
			access.widen(Objects.requireNonNull(records.getParent()));
			directories.forEach(access::widen);
		}
		catch (IOException ex) {
			logger.debug("Not all files of the cache can be read by others", ex);
		}
	}

	/** A change of the permissions is one of the file, which its receipt must survive. */
	private void widen(FileAccess access, ReceivedFile file) throws IOException {
		ModelPlace place = new ModelPlace(file.target(), file.target(), file.file(), access);
		Fingerprint before = Fingerprint.of(file.target());
		if (before != null && this.layout.isReceiptOf(file.file(), file.target()) && file.receipt().isOurs(place)
				&& file.receipt().fingerprint().fits(before) && !Files.isSymbolicLink(file.target())) {
			access.widen(file.target());
			this.receipts.completeFingerprint(place);
			access.widen(CacheLayout.lockBeside(file.target()));
		}
	}

	/** Partial downloads and their journals stay private, as new ones are. */
	private static void widenAll(FileAccess access, Path directory) {
		try (Stream<Path> all = Files.walk(directory)) {
			List<Path> found = all
				.filter((path) -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) || isRecord(path))
				.toList();
			found.stream().filter((path) -> !path.equals(directory)).forEach(access::widen);
		}
		catch (IOException | UncheckedIOException ex) {
			logger.debug("Not all files of {} can be read by others", directory, ex);
		}
	}

	private static boolean isRecord(Path path) {
		String name = path.getFileName().toString();
		return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
				&& Stream.of(".properties", ".adopted", ".elsewhere", ".history", ".lock", ".use", ".sealed", "current")
					.anyMatch(name::endsWith);
	}

}
