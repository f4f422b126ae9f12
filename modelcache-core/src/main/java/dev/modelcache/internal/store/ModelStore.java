/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DeniedAccess;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.lock.CacheLockFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.unit.DataSize;

/**
 * Where the model files on this machine stand, and what is known of them. They come by
 * {@link #staging()} and go by {@link #eviction()}.
 * <p>
 * <em>Blocking</em>: all methods but {@link #lexicalPath}, {@link #directory} and
 * {@link #isSealing}. <em>Errors</em>: {@link ModelStorageException}.
 */
public final class ModelStore implements AutoCloseable {

	private final StoreSettings settings;

	private final CacheLayout layout;

	private final Receipts receipts;

	private final ModelVersions versions;

	private final @Nullable HubCache hub;

	private final ModelUsers users;

	private final AdoptedFiles adoption;

	private final AccessChange accessChange;

	private final Set<Path> leftOut = ConcurrentHashMap.newKeySet();

	private final Staging staging;

	private final Eviction eviction;

	private final @Nullable ModelLockFile lockFile;

	/** Files of the user's that are known not to be the model at their path. */
	private final Map<Path, Fingerprint> toBeReplaced = new ConcurrentHashMap<>();

	/** Caches that others filled. */
	private final List<CacheLayout> roots;

	/** Caches of a Hub that others filled. */
	private final List<HubCache> hubs;

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
			Staging.DirectoryForce directories) {
		this.settings = settings;
		this.layout = new CacheLayout(settings.directory(), settings.rules().access(), settings.names());
		this.roots = settings.readOnlyRoots()
			.stream()
			.map((root) -> new CacheLayout(root, FileAccess.PRIVATE, settings.names()))
			.toList();
		this.receipts = new Receipts(new Seals(settings.seal(), settings.trustSeals(), this.roots));
		this.versions = new ModelVersions(this.layout, this.receipts);
		this.hub = (settings.hubCache() != null) ? new HubCache(settings.hubCache(), this.layout, this.receipts, files)
				: null;
		this.accessChange = new AccessChange(this.layout, this.receipts);
		this.users = new ModelUsers(this.layout, files, clock);
		this.adoption = new AdoptedFiles(settings.adoption().with(StoreSettings.hubs(settings.readOnlyRoots())),
				this.layout, this.roots, this.receipts);
		this.hubs = new ArrayList<>();
		for (Path hub : StoreSettings.hubs(settings.readOnlyRoots())) {
			this.hubs.add(new HubCache(new HubCacheSettings(hub, true), this.layout, this.receipts, files));
		}
		this.staging = new Staging(settings, this.layout, files, clock, this.receipts, this.adoption, this.users,
				directories);
		this.eviction = new Eviction(settings, this.layout, this.receipts, this.versions, this.hub, this.staging);
		this.lockFile = lockFile;
	}

	/**
	 * Returns a key that is equal for equal files of equal locations.
	 * @param location the location
	 * @param request which of its files are asked for
	 * @return 32 hexadecimal digits
	 */
	public String sourceKey(URI location, ModelRequest request) {
		return this.layout.sourceKey(location, request);
	}

	/**
	 * Returns the keys by which this and former versions know a location.
	 * @param location the location
	 * @param request which of its files are asked for
	 * @return the keys
	 */
	public Stream<String> sourceKeys(URI location, ModelRequest request) {
		return Stream.concat(Stream.of(this.layout.sourceKey(location, request)),
				Stream.ofNullable(this.layout.formerKey(location, request)));
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
	 * Checks before a model is requested that this cache has a directory of its own, if
	 * the model is not on this machine in another place.
	 * @param request the request
	 * @throws ModelConfigurationException if the model cannot be stored
	 */
	public void checkDirectory(ModelRequest request) {
		StoreSettings.NoDirectory none = this.settings.noDirectory();
		Path path = request.modelPath();
		if (none != null && (path == null || !Files.exists(path)) && !this.adoption.mayHaveFiles()) {
			throw none.failure(request.id());
		}
	}

	/**
	 * The file at a model's path is known not to be the model, which will replace it. It
	 * is not served in its place, also if the next attempt learns less of the model.
	 * @param place the place
	 * @param file what stands there, or {@code null} if it is no file
	 */
	public void toBeReplaced(ModelPlace place, @Nullable Fingerprint file) {
		if (file != null) {
			this.toBeReplaced.put(place.target(), file);
		}
	}

	/**
	 * Returns whether the file at a model's path is known not to be the model.
	 * @param place the place
	 * @param file what stands there now, or {@code null} if it is no file
	 */
	public boolean isToBeReplaced(ModelPlace place, @Nullable Fingerprint file) {
		Fingerprint known = this.toBeReplaced.get(place.target());
		return file != null && known != null && file.size() == known.size() && file.modified().equals(known.modified());
	}

	/**
	 * Returns locks for models of this store, which cannot be written if the store has no
	 * directory.
	 * @param locks the locks
	 * @return the locks, or locks that cannot be acquired where files would be written
	 */
	public CacheLockFactory locks(CacheLockFactory locks) {
		StoreSettings.NoDirectory none = this.settings.noDirectory();
		return (none == null) ? locks : (request, whileWaiting) -> {
			if (!request.lockFile().startsWith(StoreSettings.NOWHERE)) {
				throw none.failure(request.modelId());
			}
			// Of a place that cannot be written: what is there needs no lock.
			return locks.acquire(request, whileWaiting);
		};
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
		return (this.hub != null && this.hub.isWritable(repository, commit))
				? this.hub.snapshot(place, repository, revision, commit, files) : null;
	}

	/**
	 * Returns where the files of a model of a Hugging Face Hub may stand in caches that
	 * cannot be written: those that others filled, then that of the Hub's own tools.
	 * @param place the model's place
	 * @param repository the repository, {@code org/repo}
	 * @param revision the branch, tag or commit that was asked for
	 * @param commit the commit
	 * @param files the digests of the files: a SHA-256, or that of git
	 * @return directories that hold files of the commit
	 */
	public List<ModelDirectory> filledSnapshots(ModelPlace place, String repository, String revision, String commit,
			Map<ModelFileName, Digest> files) {
		Stream<HubCache> unwritable = Optional.ofNullable(this.hub)
			.stream()
			.filter((hub) -> !hub.isWritable(repository, commit));
		List<ModelDirectory> snapshots = new ArrayList<>();
		Stream.concat(this.hubs.stream(), unwritable)
			.map((hub) -> hub.snapshot(place, repository, revision, commit, files))
			.filter(HubSnapshot::exists)
			.forEach(snapshots::add);
		return snapshots;
	}

	/**
	 * Notes that a cache that others filled is left out, because it cannot be looked at.
	 * @param directory a directory of it
	 * @return {@code true} the first time for each cache
	 */
	public boolean leaveOut(Path directory) {
		Path root = this.settings.readOnlyRoots().stream().filter(directory::startsWith).findFirst().orElse(directory);
		return this.leftOut.add(root);
	}

	/**
	 * Returns whether a file stands in the cache that the Hub's tools share.
	 * @param file the file
	 * @return {@code true} if other tools may have put it there
	 */
	public boolean isShared(Path file) {
		return this.settings.hubCache() != null && file.startsWith(this.settings.hubCache().directory());
	}

	/**
	 * Returns where a model may stand in caches that others filled. What is known about
	 * its files is kept in this cache.
	 * @param request the request
	 * @param fileName its file name in the cache
	 * @return its places, none if it has a path of its own
	 */
	public List<ModelPlace> filled(ModelRequest request, String fileName) {
		return (request.modelPath() != null) ? List.of()
				: this.roots.stream()
					.map((root) -> root.place(request, fileName))
					.map((place) -> this.layout.place(place.target(), this.layout.place(request, fileName).lockFile()))
					.toList();
	}

	/**
	 * Returns the versions of a model of which files may be seen in caches that others
	 * filled.
	 * @param request the request
	 * @param fileName its file name in the cache
	 * @return the versions, each with the places of its files
	 */
	public List<SeenVersion> seenFilled(ModelRequest request, String fileName) {
		List<SeenVersion> seen = new ArrayList<>();
		for (ModelPlace place : filled(request, fileName)) {
			Stream.ofNullable(this.versions.seen(place)).forEach(seen::add);
		}
		if (request.modelPath() == null) {
			for (CacheLayout root : this.roots) {
				ModelManifest elsewhere = this.receipts.elsewhere(root.place(request, fileName));
				Stream.ofNullable(elsewhere)
					.map((manifest) -> seen(this.layout.place(request, fileName), manifest))
					.forEach(seen::add);
			}
		}
		return seen;
	}

	/**
	 * Returns the versions of a model of which files may be seen: in the cache of another
	 * tool, then of our own.
	 * @param place the model's place
	 * @return the versions, each with the places of its files
	 */
	public List<SeenVersion> seen(ModelPlace place) {
		ModelManifest elsewhere = Elsewhere.read(place, this.receipts.records());
		return Stream
			.concat(Stream.ofNullable(elsewhere).filter(this::isUsed).map((manifest) -> seen(place, manifest)),
					Stream.ofNullable(this.versions.seen(place)))
			.toList();
	}

	/** Returns whether the files are in a cache that is still configured. */
	private boolean isUsed(ModelManifest elsewhere) {
		Path directory = Objects.requireNonNull(elsewhere.directory());
		return this.hub != null || this.settings.readOnlyRoots().stream().anyMatch(directory::startsWith);
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
	 * Returns the lock of the writers of a model. Where a file is copied to its place, it
	 * stands in the cache's own directory.
	 * @param modelId the model's id
	 * @param place the model's place
	 * @return the lock file
	 */
	public Path lockFile(String modelId, ModelPlace place) {
		boolean copied = this.settings.rules().nonAtomic() && place.conflict() != null
				&& Files.isDirectory(place.directory()) && ExclusiveFiles.isWritable(place.target())
				&& !this.staging.prepare(modelId, place).target().equals(place.target());
		return copied ? this.layout.lockInCache(place.target()) : place.lockFile();
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
			ModelStorageException denied = DeniedAccess.reading(modelId, place.target(), ex);
			throw (denied != null) ? denied : DiskFault.exception(modelId, place.directory(),
					"cannot read the attributes of " + place.target(), ex);
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
	 * Returns whether published files get sealed records. <em>Blocking</em>: no.
	 * @return {@code true} if they do
	 */
	public boolean isSealing() {
		return this.settings.seal();
	}

	/**
	 * Returns the files that need not be fetched.
	 * @return the files, and the records of those that are served
	 */
	public AdoptedFiles adoption() {
		return this.adoption;
	}

	/**
	 * Says which models are configured: they keep the marks that say that they are used,
	 * of which there are only so many for others.
	 * @param ids their ids
	 */
	public void configured(Set<String> ids) {
		this.users.keep(ids);
	}

	/**
	 * Says that this application uses a file that stands at its place, until
	 * {@link #close()}: no process removes it for its size. To be said before the file is
	 * looked at.
	 * @param modelId the model's id
	 * @param place the file's place
	 */
	public void use(String modelId, ModelPlace place) {
		this.accessChange.widenOnce();
		this.users.use(modelId, place);
	}

	/**
	 * Says that a model of this application is served from its place, until
	 * {@link #close()}: no process puts another file there.
	 * @param place the place
	 * @param expected the digest that is expected, or {@code null}
	 * @param sourceKeys the keys of all sources that it may come from
	 * @param model the model
	 */
	public void serve(ModelPlace place, @Nullable Digest expected, Set<String> sourceKeys, CachedModel model) {
		if (isOf(place, model.path())) {
			this.users.serve(model.id(), place,
					new ModelUsers.Use(text(expected), text(model.digest()), null, sourceKeys));
		}
	}

	/**
	 * Requires that a model may come to its place: no other one is served from there.
	 * @param modelId the model's id
	 * @param place the place
	 * @param expected the digest of the only file
	 * @param sourceKey the key of its source, or {@code null}
	 * @throws ModelStorageException if another one is; says by whom
	 */
	public void requireUnserved(String modelId, ModelPlace place, @Nullable Digest expected,
			@Nullable String sourceKey) {
		this.users.requireAgreement(modelId, place,
				new ModelUsers.Use(text(expected), null, null, ModelUsers.Use.keys(sourceKey)));
	}

	private static @Nullable String text(@Nullable Digest digest) {
		return (digest != null) ? digest.toString() : null;
	}

	/**
	 * Returns what makes files that are to be published.
	 * @return the staging area of each place
	 */
	public Staging staging() {
		return this.staging;
	}

	/**
	 * Returns what deletes published files.
	 * @return the eviction of one model, and of those that are too much
	 */
	public Eviction eviction() {
		return this.eviction;
	}

	/**
	 * Says that this application uses no file any more.
	 */
	@Override
	public void close() {
		this.users.close();
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
	 * Returns how large a model may be for its disk.
	 * @param request the request
	 * @return the free space of the disk where its file will stand, without what is left
	 * free; without a limit where the disk does not tell
	 */
	public DataSize room(ModelRequest request) {
		return this.staging.space().room(existing((request.modelPath() != null) ? request.modelPath() : directory()));
	}

	private @Nullable DataSize free(Path path) {
		return this.staging.space().free(existing(path));
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
		return free(directory());
	}

	/**
	 * Returns how much the cache's own directory holds.
	 * @return the size of all its files
	 */
	public DataSize used() {
		return DataSize.ofBytes(DirectorySize.of(this.settings.directory()));
	}

}
