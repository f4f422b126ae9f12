package dev.modelcache.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.lock.ExclusiveFiles;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * The model files on this machine's disks.
 * <p>
 * <em>Blocking</em>: all methods but {@link #place}. <em>Errors</em>:
 * {@link ModelStorageException}.
 */
public final class ModelStore {

	private static final Logger logger = LoggerFactory.getLogger(ModelStore.class);

	private static final Duration BETWEEN_SWEEPS = Duration.ofHours(1);

	private final StoreSettings settings;

	private final CacheLayout layout;

	private final Receipts receipts = new Receipts();

	private final ExclusiveFiles files;

	private final Clock clock;

	private final DiskSpace space;

	private final @Nullable ModelLockFile lockFile;

	private Instant lastSweep = Instant.EPOCH;

	/**
	 * Creates a store without a lock file.
	 * @param settings where files are kept
	 * @param files opens staged files
	 * @param clock tells the time
	 */
	public ModelStore(StoreSettings settings, ExclusiveFiles files, Clock clock) {
		this(settings, files, clock, null);
	}

	/**
	 * Creates a store.
	 * @param settings where files are kept
	 * @param files opens staged files
	 * @param clock tells the time
	 * @param lockFile pins what models are, or {@code null}
	 */
	public ModelStore(StoreSettings settings, ExclusiveFiles files, Clock clock, @Nullable ModelLockFile lockFile) {
		this.settings = settings;
		this.layout = new CacheLayout(settings.directory());
		this.files = files;
		this.clock = clock;
		this.space = new DiskSpace(settings.minFreeSpace());
		this.lockFile = lockFile;
	}

	/**
	 * Returns where a model file stands.
	 * @param request the request
	 * @param fileName its file name in the cache
	 * @return its place
	 */
	public ModelPlace place(ModelRequest request, String fileName) {
		return this.layout.place(request, fileName);
	}

	/**
	 * Returns the receipts of published files.
	 * @return the receipts
	 */
	public Receipts receipts() {
		return this.receipts;
	}

	/**
	 * Returns the lock file of the application.
	 * @return the lock file, or {@code null} where there is none
	 */
	public @Nullable ModelLockFile lockFile() {
		return this.lockFile;
	}

	/**
	 * Returns how a cached file is trusted.
	 * @return the configured way
	 */
	public StoreSettings.Verification verification() {
		return this.settings.verification();
	}

	/**
	 * Returns a staged file beside a target: the most useful one that an ended process
	 * left there, else a copy of one that somebody may still write, else an empty one.
	 * Those that are of no use are deleted.
	 * @param modelId the model's id
	 * @param place the target's place
	 * @param judge tells what a file that is there is worth
	 * @return the staged file; the caller closes it
	 */
	public StagedFile stage(String modelId, ModelPlace place, PartialJudge judge) {
		try {
			PrivateFiles.createDirectories(place.directory());
			deleteExpired();
			Partials partials = partials(place);
			Partial left = partials.claim(judge);
			if (left != null) {
				return new StagedFile(this, modelId, place, left);
			}
			Partial empty = partials.create();
			StagedFile staged = new StagedFile(this, modelId, place, empty);
			copyFromOthers(partials, judge, staged, empty);
			return staged;
		}
		catch (IOException ex) {
			throw cannotCreate(modelId, place, ex);
		}
	}

	/** Returns an empty staged file. */
	StagedFile stageEmpty(String modelId, ModelPlace place) {
		try {
			return new StagedFile(this, modelId, place, partials(place).create());
		}
		catch (IOException ex) {
			throw cannotCreate(modelId, place, ex);
		}
	}

	private static ModelStorageException cannotCreate(String modelId, ModelPlace place, IOException ex) {
		return new ModelStorageException(modelId, place.directory(),
				"cannot create a file in " + place.directory() + ": " + ex, ex);
	}

	private static void copyFromOthers(Partials partials, PartialJudge judge, StagedFile staged, Partial empty)
			throws IOException {
		Path other = partials.mostUsefulOfOthers(judge);
		if (other == null) {
			return;
		}
		try {
			staged.admit(DataSize.ofBytes(Files.size(other)));
			partials.copy(other, empty);
		}
		catch (IOException | ModelStorageException ex) {
			logger.debug("{} cannot be copied; the download begins with nothing", other, ex);
			staged.clear();
		}
	}

	/** Once in a while: other models may never be asked for again. */
	private synchronized void deleteExpired() {
		Instant now = this.clock.instant();
		if (now.isAfter(this.lastSweep.plus(BETWEEN_SWEEPS))) {
			this.lastSweep = now;
			ExpiredPartials.delete(this.settings.directory(), this.files, expiry());
		}
	}

	private Instant expiry() {
		return this.clock.instant().minus(this.settings.partialRetention());
	}

	private Partials partials(ModelPlace place) {
		return new Partials(place.target(), this.files, expiry());
	}

	/**
	 * Returns how large a model may be for its disk.
	 * @param request the request
	 * @return the free space of the disk where its file will stand, without what is left
	 * free
	 */
	public DataSize room(ModelRequest request) {
		Path path = (request.modelPath() != null) ? request.modelPath() : this.settings.directory();
		Path existing = path.toAbsolutePath();
		for (Path parent = existing.getParent(); parent != null
				&& !Files.exists(existing); parent = parent.getParent()) {
			existing = parent;
		}
		try {
			long usable = Files.getFileStore(existing).getUsableSpace();
			return DataSize.ofBytes(Math.max(0, usable - this.settings.minFreeSpace().toBytes()));
		}
		catch (IOException ex) {
			throw new ModelStorageException(request.id(), existing,
					"cannot ask for the free space of " + existing + ": " + ex, ex);
		}
	}

	/** Returns the space that downloads will still need. */
	DiskSpace space() {
		return this.space;
	}

	/**
	 * Returns how much the cache's own directory holds.
	 * @return the size of all its files
	 */
	public DataSize used() {
		return DataSize.ofBytes(DirectorySize.of(this.settings.directory()));
	}

	/**
	 * Deletes a published file, its receipt, and what ended downloads of it left. Its
	 * lock file stays.
	 * @param modelId the model's id
	 * @param place the file's place
	 * @return whether there was a file
	 */
	public boolean evict(String modelId, ModelPlace place) {
		try {
			boolean existed = Files.deleteIfExists(place.target());
			this.receipts.delete(place);
			if (Files.isDirectory(place.directory())) {
				partials(place).claim(PartialJudge.NONE);
			}
			return existed;
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, place.directory(), "cannot delete " + place.target() + ": " + ex,
					ex);
		}
	}

}
