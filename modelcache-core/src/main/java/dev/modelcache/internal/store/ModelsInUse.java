/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.lock.FilesInUse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which files of the cache applications use, and when they did: this one holds what it
 * has served until {@link #close()}, and the time of a receipt is that of the last use.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: {@link #use} for a few system
 * calls the first time, then almost never. <em>Errors</em>: none; what cannot be noted is
 * not protected.
 */
final class ModelsInUse implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ModelsInUse.class);

	private static final Duration BETWEEN_NOTES = Duration.ofMinutes(5);

	private final CacheLayout layout;

	private final Clock clock;

	private final FilesInUse files;

	private final Map<Path, Instant> noted = new ConcurrentHashMap<>();

	ModelsInUse(CacheLayout layout, Clock clock) {
		this.layout = layout;
		this.files = new FilesInUse(layout.access());
		this.clock = clock;
	}

	/** Notes that this application uses a file, if the cache chose its place. */
	void use(ModelPlace place) {
		Instant now = this.clock.instant();
		Instant last = this.noted.get(place.receipt());
		if (last != null && now.isBefore(last.plus(BETWEEN_NOTES))) {
			return;
		}
		if (last == null && this.layout.isChosen(place.target())) {
			mark(place);
		}
		touch(place.receipt(), now);
		this.noted.put(place.receipt(), now);
	}

	private void mark(ModelPlace place) {
		try {
			this.files.use(mark(place.receipt()));
		}
		catch (IOException ex) {
			logger.debug("Other processes cannot be told that {} is in use", place.target(), ex);
		}
	}

	private Path mark(Path receipt) throws IOException {
		Path mark = this.layout.mark(receipt);
		Path directory = mark.resolveSibling("");
		this.layout.access().createDirectories(directory);
		return directory.toRealPath().resolve(mark.getFileName());
	}

	private static void touch(Path receipt, Instant now) {
		try {
			Files.setLastModifiedTime(receipt, FileTime.from(now));
		}
		catch (NoSuchFileException ex) {
			logger.trace("No receipt {} yet", receipt);
		}
		catch (IOException ex) {
			logger.debug("The time of the receipt {} cannot be set", receipt, ex);
		}
	}

	/**
	 * Removes a file if no application uses it.
	 * @return whether the removal was run
	 */
	boolean ifUnused(Path receipt, DiskStep removal) throws IOException {
		return this.files.ifUnused(mark(receipt), removal);
	}

	@Override
	public void close() {
		Instant now = this.clock.instant();
		this.noted.keySet().forEach((receipt) -> touch(receipt, now));
		this.noted.clear();
		this.files.close();
	}

}
