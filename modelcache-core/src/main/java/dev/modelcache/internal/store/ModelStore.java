package dev.modelcache.internal.store;

import dev.modelcache.CacheOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.lock.ExclusiveFiles;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * The model files on this machine's disks.
 * <p>
 * <em>Blocking</em>: all methods but {@link #lexicalPath} and {@link #directory}.
 * <em>Errors</em>: {@link ModelStorageException}.
 */
public final class ModelStore implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ModelStore.class);

	private static final Duration BETWEEN_SWEEPS = Duration.ofHours(1);

	private final StoreSettings settings;

	private final CacheLayout layout;

	private final Receipts receipts = new Receipts();

	private final ModelVersions versions;

	private final @Nullable HubCache hub;

	private final ExclusiveFiles files;

	private final Clock clock;

	private final DiskSpace space;

	private final ModelsInUse inUse;

	private final AdoptedFiles adoption;

	private final SizeLimit eviction;

	private final @Nullable ModelLockFile lockFile;

	private final DirectoryForce directories;

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
		this(settings, files, clock, lockFile, FileMoves::forceDirectory);
	}

	ModelStore(StoreSettings settings, ExclusiveFiles files, Clock clock, @Nullable ModelLockFile lockFile,
			DirectoryForce directories) {
		this.directories = directories;
		this.settings = settings;
		this.layout = new CacheLayout(settings.directory());
		this.versions = new ModelVersions(this.layout, this.receipts);
		this.hub = (settings.hubCache() != null) ? new HubCache(settings.hubCache(), this.layout, this.receipts) : null;
		this.files = files;
		this.clock = clock;
		this.space = new DiskSpace(settings.minFreeSpace());
		this.inUse = new ModelsInUse(this.layout, clock);
		this.adoption = new AdoptedFiles(settings.adoption(), this.layout, this.receipts);
		this.eviction = new SizeLimit(settings, this.layout, this.receipts, this.versions, this.inUse);
		this.lockFile = lockFile;
	}

	/**
	 * Returns the path of a model file without looking at the disk: links are not
	 * followed. <em>Blocking</em>: no.
	 * @param request the request
	 * @param fileName its file name in the cache
	 * @return the absolute path
	 */
	public Path lexicalPath(ModelRequest request, String fileName) {
		return this.layout.lexical(request, fileName);
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
	 * Returns whether a path is the link that leads to the visible version of a model of
	 * several files.
	 * @param path the path
	 * @return {@code true} if it looks like one that this cache made
	 */
	public static boolean isPointer(Path path) {
		return ModelVersions.isPointer(path);
	}

	/**
	 * Returns the place of one file of a model.
	 * @param model the place of the model
	 * @param file where the file stands
	 * @return its place, which is that of the model if it has only this file
	 */
	public ModelPlace placeOf(ModelPlace model, Path file) {
		return file.equals(model.target()) ? model : this.layout.place(file, model.lockFile());
	}

	/**
	 * Returns where the files of a version of a model stand that is made of several.
	 * @param place the model's place
	 * @param content what tells the version from others
	 * @return a directory of our own
	 */
	public ModelDirectory version(ModelPlace place, List<String> content) {
		return this.versions.version(place, ModelVersions.nameOf(content));
	}

	/**
	 * Returns where the files of a model of a Hugging Face Hub stand.
	 * @param place the model's place
	 * @param repository the repository, {@code org/repo}
	 * @param revision the branch, tag or commit that was asked for
	 * @param commit the commit
	 * @param files the digests of the files: a SHA-256, or that of git
	 * @return a directory in the cache that the Hub's tools share, or {@code null} if
	 * that is not to be used or cannot be written
	 */
	public @Nullable ModelDirectory hubSnapshot(ModelPlace place, String repository, String revision, String commit,
			Map<ModelFileName, Digest> files) {
		return (this.hub != null && this.hub.isWritable())
				? this.hub.snapshot(place, repository, revision, commit, files) : null;
	}

	/**
	 * Returns the versions of a model of which files may be seen: in the cache of another
	 * tool, then of our own.
	 * @param place the model's place
	 * @return the versions, each with the places of its files
	 */
	public List<SeenVersion> seen(ModelPlace place) {
		ModelManifest elsewhere = (this.hub != null) ? Elsewhere.read(place) : null;
		return Stream
			.concat(Stream.ofNullable(elsewhere).map((manifest) -> seen(place, manifest)),
					Stream.ofNullable(this.versions.seen(place)))
			.toList();
	}

	private SeenVersion seen(ModelPlace place, ModelManifest manifest) {
		Path directory = Objects.requireNonNull(manifest.directory());
		return new SeenVersion(manifest,
				manifest.files().stream().map((name) -> placeOf(place, name.in(directory))).toList());
	}

	/**
	 * Returns whether a file is one of a model's.
	 * @param place the model's place
	 * @param file the file
	 * @return {@code true} if it stands there, or belongs to one of its versions
	 */
	public boolean isOf(ModelPlace place, Path file) {
		return place.target().equals(file) || file.startsWith(CacheLayout.versions(place))
				|| seen(place).stream()
					.flatMap((version) -> version.files().stream())
					.anyMatch((seen) -> seen.target().equals(file));
	}

	/**
	 * Returns whose the file is that stands at a place.
	 * @param modelId the model's id
	 * @param place the place
	 * @return as far as can be told without reading the file
	 */
	public Occupant occupant(String modelId, ModelPlace place) {
		try {
			return Occupant.of(place, this.receipts);
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, place.directory(), "cannot look at " + place.target() + ": " + ex,
					ex);
		}
	}

	/**
	 * Returns the receipts of published files.
	 * @return the receipts
	 */
	public Receipts receipts() {
		return this.receipts;
	}

	/**
	 * Returns the files that need not be fetched.
	 * @return the files, and the records of those that are served
	 */
	public AdoptedFiles adoption() {
		return this.adoption;
	}

	/**
	 * Says that this application uses a file that stands at its place, until
	 * {@link #close()}: no process removes it for its size. To be said before the file is
	 * looked at.
	 * @param place the file's place
	 */
	public void use(ModelPlace place) {
		this.inUse.use(place);
	}

	/**
	 * Returns whether the cache's own directory has a maximum size.
	 * @return {@code true} if {@link #shrink} may have something to do
	 */
	public boolean hasMaxSize() {
		return this.settings.maxSize() != null;
	}

	/**
	 * Removes files that have not been used for long, if the cache's own directory holds
	 * more than it may.
	 * @param configured the places of the files that must stay
	 */
	public void shrink(Collection<ModelPlace> configured) {
		this.eviction.run(configured);
	}

	/**
	 * Says that this application uses no file any more.
	 */
	@Override
	public void close() {
		this.inUse.close();
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
	public CacheOptions.Verification verification() {
		return this.settings.verification();
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
		try {
			createDirectory(place);
			deleteExpired();
			Partials partials = partials(place);
			Partial left = partials.claim(judge);
			if (left != null) {
				return new StagedFile(this, modelId, place, left);
			}
			Partial empty = partials.create();
			StagedFile staged = new StagedFile(this, modelId, place, empty);
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

	private static void createDirectory(ModelPlace place) throws IOException {
		if (place.shared()) {
			Files.createDirectories(place.directory());
		}
		else {
			PrivateFiles.createDirectories(place.directory());
		}
	}

	/**
	 * Returns an empty staged file beside a target. What ended downloads left stays.
	 * @param modelId the model's id
	 * @param place the target's place
	 * @return the staged file; the caller closes it
	 */
	public StagedFile stageEmpty(String modelId, ModelPlace place) {
		try {
			createDirectory(place);
			return new StagedFile(this, modelId, place, partials(place).create());
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
		try (Stream<Path> files = Files.list(place.directory())) {
			return files.anyMatch(StagedName::isStaged);
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Deletes what ended downloads of a file left, because nobody will continue it.
	 * @param place the file's place
	 */
	public void discardPartials(ModelPlace place) {
		try {
			if (Files.isDirectory(place.directory())) {
				partials(place).claim(PartialJudge.NONE);
			}
		}
		catch (IOException ex) {
			logger.debug("Not all that downloads of {} left can be deleted", place.target(), ex);
		}
	}

	private static ModelStorageException cannotCreate(String modelId, ModelPlace place, IOException ex) {
		return new ModelStorageException(modelId, place.directory(),
				"cannot create a file in " + place.directory() + ": " + ex, ex);
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

	/** Once in a while: other models may never be asked for again. */
	private synchronized void deleteExpired() {
		Instant now = this.clock.instant();
		if (now.isAfter(this.lastSweep.plus(BETWEEN_SWEEPS))) {
			this.lastSweep = now;
			ExpiredPartials.delete(this.settings.directory(), Integer.MAX_VALUE, this.files, expiry());
			if (this.settings.hubCache() != null) {
				ExpiredPartials.delete(this.settings.hubCache().directory(), HubCache.DEPTH_OF_BLOBS, this.files,
						expiry());
			}
		}
	}

	private Instant expiry() {
		return this.clock.instant().minus(this.settings.partialRetention());
	}

	private Partials partials(ModelPlace place) {
		return new Partials(place.target(), this.files, expiry());
	}

	private boolean deleteElsewhere(ModelPlace place, Leftovers leftovers) throws IOException {
		ModelManifest elsewhere = (this.hub != null) ? Elsewhere.read(place) : null;
		if (this.hub == null || elsewhere == null) {
			return false;
		}
		// What is left is known only from the record.
		if (this.hub.delete(place, elsewhere, leftovers)) {
			Elsewhere.delete(place);
		}
		return true;
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
		try {
			createDirectory(place);
		}
		catch (IOException ex) {
			throw cannotCreate(modelId, place, ex);
		}
		Object owner = new Object();
		this.space.reserve(owner, modelId, place, bytes, () -> 0);
		this.space.release(owner);
	}

	/**
	 * Returns how large a model may be for its disk.
	 * @param request the request
	 * @return the free space of the disk where its file will stand, without what is left
	 * free
	 */
	public DataSize room(ModelRequest request) {
		Path existing = existing((request.modelPath() != null) ? request.modelPath() : directory());
		try {
			long usable = Files.getFileStore(existing).getUsableSpace();
			return DataSize.ofBytes(Math.max(0, usable - this.settings.minFreeSpace().toBytes()));
		}
		catch (IOException ex) {
			throw new ModelStorageException(request.id(), existing,
					"cannot ask for the free space of " + existing + ": " + ex, ex);
		}
	}

	private static Path existing(Path path) {
		Path existing = path.toAbsolutePath();
		for (Path parent = existing.getParent(); parent != null
				&& !Files.exists(existing); parent = parent.getParent()) {
			existing = parent;
		}
		return existing;
	}

	/**
	 * Returns the cache's own directory. <em>Blocking</em>: no.
	 * @return the directory, which may not exist yet
	 */
	public Path directory() {
		return this.settings.directory();
	}

	/**
	 * Returns what is free on the disk of the cache's own directory.
	 * @return the space, or {@code null} where the disk does not tell
	 */
	public @Nullable DataSize free() {
		try {
			return DataSize.ofBytes(Files.getFileStore(existing(directory())).getUsableSpace());
		}
		catch (IOException ex) {
			logger.debug("Cannot ask for the free space of {}", directory(), ex);
			return null;
		}
	}

	/** Makes a directory's entries durable. */
	void forceDirectory(Path directory) throws IOException {
		this.directories.force(directory);
	}

	Instant now() {
		return this.clock.instant();
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
	 * lock file stays. What cannot be deleted does not keep the rest, and is gone after
	 * another eviction that succeeds.
	 * @param modelId the model's id
	 * @param place the file's place
	 * @param advanced run for each file that is deleted
	 * @return whether there was a file
	 * @throws ModelStorageException if something is left; says what
	 */
	public boolean evict(String modelId, ModelPlace place, Runnable advanced) {
		Leftovers leftovers = new Leftovers(advanced);
		boolean existed = leftovers.unless(() -> deleteElsewhere(place, leftovers),
				"the record of the files elsewhere");
		existed |= leftovers.unless(() -> this.versions.delete(place, advanced), CacheLayout.versions(place));
		if (Files.isRegularFile(place.target(), LinkOption.NOFOLLOW_LINKS)) {
			existed |= leftovers.unless(() -> Files.deleteIfExists(place.target()), place.target());
		}
		if (!Files.exists(place.target(), LinkOption.NOFOLLOW_LINKS)) {
			this.receipts.delete(place);
			SourceHistory.delete(place);
		}
		if (Files.isDirectory(place.directory())) {
			leftovers.unless(() -> partials(place).claim(PartialJudge.NONE) != null,
					"partial downloads in " + place.directory());
		}
		leftovers.raise(modelId, place, existed);
		return existed;
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
