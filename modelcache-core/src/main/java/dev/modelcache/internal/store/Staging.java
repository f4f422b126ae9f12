/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DeniedAccess;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.lock.ExclusiveFile;
import dev.modelcache.internal.lock.ExclusiveFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * Files on their way to their places: each is written beside its target until it is
 * published, and what an ended download left there is continued.
 * <p>
 * <em>Blocking</em>: all methods. <em>Errors</em>: {@link ModelStorageException}.
 */
public final class Staging {

	private static final Logger logger = LoggerFactory.getLogger(Staging.class);

	private static final Duration BETWEEN_SWEEPS = Duration.ofHours(1);

	/** How often to look for 100 ms whether another thread has swept. */
	private static final int WAITS_FOR_SWEEP = 50;

	private final StoreSettings settings;

	private final CacheLayout layout;

	private final DirectoryProbe probe;

	private final ExclusiveFiles files;

	private final Clock clock;

	private final Receipts receipts;

	private final AdoptedFiles adoption;

	private final ModelUsers users;

	private final DirectoryForce directories;

	private final DiskSpace space;

	private volatile Instant lastSweep = Instant.EPOCH;

	private final AtomicLong swept = new AtomicLong();

	private final ReentrantLock sweeping = new ReentrantLock();

	Staging(StoreSettings settings, CacheLayout layout, ExclusiveFiles files, Clock clock, Receipts receipts,
			AdoptedFiles adoption, ModelUsers users, DirectoryForce directories) {
		this.settings = settings;
		this.layout = layout;
		this.probe = new DirectoryProbe(settings.rules(), files);
		this.files = files;
		this.clock = clock;
		this.receipts = receipts;
		this.adoption = adoption;
		this.users = users;
		this.directories = directories;
		this.space = new DiskSpace(settings.minFreeSpace());
	}

	/**
	 * Returns a staged file beside a target: the most useful one that an ended process
	 * left there, else a copy of one that somebody may still write, else an empty one.
	 * Those that are of no use are deleted.
	 * @param modelId the model's id
	 * @param place the target's place
	 * @param judge tells what a file that is there is worth
	 * @param advanced run for each piece of a few MiB that is copied
	 * @return the staged file; the caller closes it
	 */
	public StagedFile stage(String modelId, ModelPlace place, PartialJudge judge, Runnable advanced) {
		requireReplaceable(modelId, place);
		ModelPlace work = prepare(modelId, place);
		try {
			Partials partials = partials(work);
			Partial left = partials.claim(judge);
			if (left != null) {
				return new StagedFile(this, modelId, place, work, left);
			}
			Partial empty = partials.create();
			StagedFile staged = new StagedFile(this, modelId, place, work, empty);
			boolean ready = false;
			try {
				copyFromOthers(partials, judge, staged, empty, advanced);
				ready = true;
				return staged;
			}
			finally {
				if (!ready) {
					staged.close();
				}
			}
		}
		catch (IOException ex) {
			throw cannotCreate(modelId, place, ex);
		}
	}

	/**
	 * Requires that a file can be moved to a place: what stands there is not mounted.
	 * @param modelId the model's id
	 * @param place the place
	 * @throws ModelStorageException if it is; says what to mount instead
	 */
	public void requireReplaceable(String modelId, ModelPlace place) {
		Mounts.requireReplaceable(modelId, place.target());
	}

	private static void createDirectory(ModelPlace place) throws IOException {
		if (place.shared()) {
			HubCache.createRepository(place.directory());
		}
		else {
			place.access().createDirectories(place.directory());
		}
	}

	/**
	 * Returns where the file of a place is written until it is published, after having
	 * tried out what its file system can do: beside its target or, if it must be copied
	 * there, in the cache's own directory.
	 * @param modelId the model's id
	 * @param place the target's place; its directory is created
	 * @return the place, or another one with the same receipt and lock
	 * @throws ModelStorageException if the file cannot be published there
	 */
	public ModelPlace prepare(String modelId, ModelPlace place) {
		StoreSettings.NoDirectory none = this.settings.noDirectory();
		if (none != null && place.target().startsWith(StoreSettings.NOWHERE)) {
			throw none.failure(modelId);
		}
		try {
			createDirectory(place);
			String obstacle = this.probe.of(modelId, place).obstacle();
			if (obstacle == null) {
				return place;
			}
			// Files of a version must be where the version is.
			if (place.conflict() == null) {
				throw new ModelStorageException(modelId, place.directory(), cannotPublish(place, obstacle),
						place.shared()
								? "Use a directory on another file system for hooks.llm.huggingface.cache-directory, or"
										+ " set hooks.llm.cache.layout to private to use hooks.llm.cache.directory"
								: "Use a directory on another file system for hooks.llm.cache.directory and for a"
										+ " model-path of several files",
						null);
			}
			if (!this.settings.rules().nonAtomic()) {
				throw new ModelStorageException(modelId, place.directory(), cannotPublish(place, obstacle),
						"Use a model-path on another file system, or set hooks.llm.cache.allow-non-atomic to true to"
								+ " have the model downloaded to hooks.llm.cache.directory and copied",
						null);
			}
			ModelPlace work = place.at(this.layout.working(place.target()));
			FileAccess.PRIVATE.createDirectories(work.directory());
			obstacle = this.probe.of(modelId, work).obstacle();
			if (obstacle != null) {
				throw new ModelStorageException(modelId, work.directory(), cannotPublish(work, obstacle),
						"Use a directory on another file system for hooks.llm.cache.directory", null);
			}
			return work;
		}
		catch (IOException ex) {
			throw cannotCreate(modelId, place, ex);
		}
	}

	private static String cannotPublish(ModelPlace place, String obstacle) {
		return "a model cannot be published atomically in " + place.directory() + ": the file system there " + obstacle;
	}

	/** Returns what the file system of a place can do. */
	DirectoryProbe.Ability ability(String modelId, ModelPlace place) {
		return this.probe.of(modelId, place);
	}

	/**
	 * Returns an empty staged file beside a target. What ended downloads left stays; what
	 * ended copies left is deleted.
	 * @param modelId the model's id
	 * @param place the target's place
	 * @return the staged file; the caller closes it
	 */
	public StagedFile stageEmpty(String modelId, ModelPlace place) {
		ModelPlace work = prepare(modelId, place);
		try {
			Partials partials = partials(work);
			partials.deleteCopies();
			return new StagedFile(this, modelId, place, work, partials.create());
		}
		catch (IOException ex) {
			throw cannotCreate(modelId, place, ex);
		}
	}

	/**
	 * Returns whether downloads of a file, or of others beside it, were broken off.
	 * @param place the file's place
	 * @return {@code true} if something of them is there
	 */
	public boolean hasPartials(ModelPlace place) {
		try {
			return Listing.of(place.directory(), "*" + StagedName.STAGED).stream().anyMatch(StagedName::isStaged);
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Has a download go on at another place: what it left at its former one is moved if
	 * it can be, else deleted.
	 * @param modelId the model's id
	 * @param former its former place
	 * @param place where it goes on
	 */
	public void continueAt(String modelId, ModelPlace former, ModelPlace place) {
		if (!hasPartials(former)) {
			return;
		}
		try {
			partials(prepare(modelId, place)).continueFrom(partials(former));
		}
		catch (IOException ex) {
			logger.debug("What a download of {} left cannot be moved", former.target(), ex);
		}
		discardPartials(former);
	}

	/**
	 * Deletes what ended downloads of a file left, because nobody will continue it.
	 * @param place the file's place
	 */
	public void discardPartials(ModelPlace place) {
		try {
			deletePartials(place);
		}
		catch (IOException ex) {
			logger.debug("Not all that downloads of {} left can be deleted", place.target(), ex);
		}
	}

	/** Returns whether ended downloads of a file left something, which is deleted. */
	boolean deletePartials(ModelPlace place) throws IOException {
		boolean found = false;
		for (ModelPlace work : List.of(place, place.at(this.layout.working(place.target())))) {
			if (Files.isDirectory(work.directory())) {
				Partials partials = partials(work);
				found |= partials.claim(PartialJudge.NONE) != null;
				partials.deleteOthers();
			}
		}
		return found;
	}

	/** Deletes what other processes left of a file that is published now. */
	void deleteOthers(ModelPlace place) {
		try {
			partials(place).deleteOthers();
		}
		catch (IOException ex) {
			logger.debug("Not all that downloads of {} left can be deleted", place.target(), ex);
		}
	}

	private static ModelStorageException cannotCreate(String modelId, ModelPlace place, IOException ex) {
		ModelStorageException denied = DeniedAccess.writing(modelId, place.target(), ex);
		return (denied != null) ? denied
				: DiskFault.exception(modelId, place.directory(), "cannot create a file in " + place.directory(), ex);
	}

	private static void copyFromOthers(Partials partials, PartialJudge judge, StagedFile staged, Partial empty,
			Runnable advanced) throws IOException {
		Path other = partials.mostUsefulOfOthers(judge);
		if (other == null) {
			return;
		}
		try {
			staged.admit(DataSize.ofBytes(Files.size(other)), () -> 0);
			partials.copy(other, empty, advanced);
		}
		catch (IOException | ModelStorageException ex) {
			logger.debug("{} cannot be copied; the download begins with nothing", other, ex);
			staged.clear();
		}
	}

	/**
	 * Returns whether {@link #sweep()} has something to do. <em>Blocking</em>: no.
	 * @return {@code true} before the first sweep, and an hour after the last one
	 */
	public boolean isSweepDue() {
		return this.clock.instant().isAfter(this.lastSweep.plus(BETWEEN_SWEEPS));
	}

	/**
	 * Deletes what ended downloads left longer ago than it is kept, also of models that
	 * are never requested again. <em>Blocking</em>: reads all directories of the cache.
	 */
	public void sweep() {
		if (isSweepDue()) {
			this.lastSweep = this.clock.instant();
			this.sweeping.lock();
			try {
				Runnable ignored = () -> {
				};
				deleteExpired(this.settings.directory(), Integer.MAX_VALUE, ignored);
				if (this.settings.hubCache() != null) {
					deleteExpired(this.settings.hubCache().directory(), HubCache.DEPTH_OF_BLOBS, ignored);
				}
			}
			finally {
				this.sweeping.unlock();
			}
			this.receipts.settleAll(this.layout.receipts(), expiry(), this.layout.access());
		}
	}

	/**
	 * Brings something that needs space. If there is too little, what ended downloads
	 * left longer ago than it is kept makes room first.
	 * @param bring brings it; called again if something was deleted meanwhile
	 * @param advanced run for each file that is looked at, and while another thread
	 * deletes; may throw an exception to end it
	 * @return what was brought
	 */
	public <T> T withRoom(Supplier<T> bring, Runnable advanced) {
		long before = this.swept.get();
		try {
			return bring.get();
		}
		catch (ModelStorageException ex) {
			if (ex.needed() == null) {
				throw ex;
			}
			makeRoom(ex.directory(), advanced);
			if (this.swept.get() == before) {
				throw ex;
			}
			return bring.get();
		}
	}

	/**
	 * Deletes what is old on a disk that has too little room. Neither another disk that
	 * hangs nor a thread that waits for it may hold up the error that says so.
	 */
	private void makeRoom(Path full, Runnable advanced) {
		if (!isSweeping(advanced)) {
			return;
		}
		try {
			HubCacheSettings hub = this.settings.hubCache();
			if (hub != null && full.startsWith(hub.directory())) {
				deleteExpired(hub.directory(), HubCache.DEPTH_OF_BLOBS, advanced);
			}
			else if (isOnTheDiskOf(full, this.settings.directory())) {
				deleteExpired(this.settings.directory(), Integer.MAX_VALUE, advanced);
			}
		}
		finally {
			this.sweeping.unlock();
		}
	}

	/** Returns whether this thread sweeps now; another one may take some seconds. */
	private boolean isSweeping(Runnable advanced) {
		try {
			for (int i = 0; i < WAITS_FOR_SWEEP; i++) {
				if (this.sweeping.tryLock(100, TimeUnit.MILLISECONDS)) {
					return true;
				}
				advanced.run();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return false;
	}

	private static boolean isOnTheDiskOf(Path full, Path directory) {
		try {
			return full.startsWith(directory) || Files.getFileStore(full).equals(Files.getFileStore(directory));
		}
		catch (IOException ex) {
			return false;
		}
	}

	private Instant expiry() {
		return this.clock.instant().minus(this.settings.partialRetention());
	}

	Partials partials(ModelPlace place) throws IOException {
		return new Partials(place.target(), this.files, expiry(), this.probe.keepsKeys(place),
				this.settings.rules().access());
	}

	/**
	 * Checks that files which are fetched one after the other will fit on the disk
	 * together.
	 * @param modelId the model's id
	 * @param place the model's place
	 * @param bytes what is still to be written
	 * @throws ModelStorageException if they do not fit: needs, has, where
	 */
	public void admit(String modelId, ModelPlace place, DataSize bytes) {
		ModelPlace work = prepare(modelId, place);
		Object owner = new Object();
		this.space.reserve(owner, modelId, work, bytes, () -> 0);
		this.space.release(owner);
	}

	/** Deletes the old staged files below a directory that no process has open. */
	private void deleteExpired(Path directory, int depth, Runnable advanced) {
		try (Stream<Path> all = Files.walk(directory, depth)) {
			List<Path> staged = all.peek((file) -> advanced.run()).filter(StagedName::isStaged).toList();
			for (Path file : staged) {
				if (Files.getLastModifiedTime(file).toInstant().isBefore(expiry())) {
					deleteUnused(file);
				}
			}
		}
		catch (IOException | UncheckedIOException ex) {
			logger.debug("Not all old files in {} can be deleted", directory, ex);
		}
	}

	private void deleteUnused(Path file) throws IOException {
		try (ExclusiveFile taken = this.files.tryOpen(file)) {
			if (taken != null) {
				logger.info("Deleting the partial download {}, which was not resumed in time", file);
				Files.deleteIfExists(StagedName.journal(file));
				Files.deleteIfExists(file);
				this.swept.incrementAndGet();
			}
		}
	}

	/** Makes a directory's entries durable. */
	void forceDirectory(Path directory) throws IOException {
		this.directories.force(directory);
	}

	Receipts receipts() {
		return this.receipts;
	}

	AdoptedFiles adoption() {
		return this.adoption;
	}

	ModelUsers users() {
		return this.users;
	}

	Instant now() {
		return this.clock.instant();
	}

	/** Returns the space that downloads will still need. */
	DiskSpace space() {
		return this.space;
	}

	/** Makes a directory's entries durable. */
	@FunctionalInterface
	interface DirectoryForce {

		/**
		 * Makes them durable.
		 * @param directory the directory
		 * @throws IOException if the disk does not take them
		 */
		void force(Path directory) throws IOException;

	}

}
