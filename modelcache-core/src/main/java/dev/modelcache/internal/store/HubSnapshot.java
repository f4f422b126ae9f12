/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.ForcedChannel;
import dev.modelcache.internal.store.Receipt.PutBy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A commit of a repository in the {@link HubCache}. A file arrives among the blobs, under
 * its digest; publishing links it, and writes last which commit the branch is at, so that
 * nobody is led to a commit whose files are not there yet.
 */
final class HubSnapshot implements ModelDirectory {

	private static final Logger logger = LoggerFactory.getLogger(HubSnapshot.class);

	private final HubCache cache;

	private final ModelPlace place;

	private final Path folder;

	private final String revision;

	private final String commit;

	private final Map<ModelFileName, Digest> files;

	private @Nullable Set<ModelFileName> own;

	HubSnapshot(HubCache cache, ModelPlace place, Path folder, String revision, String commit,
			Map<ModelFileName, Digest> files) {
		this.cache = cache;
		this.place = place;
		this.folder = folder;
		this.revision = revision;
		this.commit = commit;
		this.files = Map.copyOf(files);
	}

	private Path snapshot() {
		return this.folder.resolve("snapshots").resolve(this.commit);
	}

	private Path blob(ModelFileName name) {
		return this.folder.resolve("blobs").resolve(Objects.requireNonNull(this.files.get(name)).hex());
	}

	@Override
	public ModelPlace arriving(ModelFileName name) {
		return new ModelPlace(blob(name), this.place.lockFile(), seen(name).receipt(), this.place.access(), true, null);
	}

	@Override
	public ModelPlace seen(ModelFileName name) {
		return this.cache.layout().place(name.in(snapshot()), this.place.lockFile());
	}

	@Override
	public ModelPlace packed(ModelFileName name) {
		throw new UnsupportedOperationException("the Hub's tools do not unpack");
	}

	@Override
	public Path unpacking() {
		throw new UnsupportedOperationException("the Hub's tools do not unpack");
	}

	@Override
	public void take(Path unpacked, ModelFileName name, Function<Fingerprint, Receipt> receipt) {
		throw new UnsupportedOperationException("the Hub's tools do not unpack");
	}

	@Override
	public boolean isVisible() {
		ModelManifest seen = Elsewhere.read(this.place, this.cache.receipts().records());
		return seen != null && snapshot().equals(seen.directory());
	}

	@Override
	public boolean isShared() {
		return true;
	}

	@Override
	public boolean isTaken(ModelFileName name) throws IOException {
		Path file = name.in(snapshot());
		Path blob = blob(name);
		return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && !own().contains(name)
				&& !(Files.exists(blob) && Files.isSameFile(file, blob));
	}

	/**
	 * Returns the names of the files of this snapshot that this cache brought, read once.
	 */
	private Set<ModelFileName> own() {
		if (this.own == null) {
			this.own = records().stream()
				.filter((record) -> snapshot().equals(record.directory()))
				.flatMap((record) -> record.own().stream())
				.collect(Collectors.toSet());
		}
		return this.own;
	}

	private Collection<ModelManifest> records() {
		try {
			return Elsewhere.all(this.place, this.cache.receipts().records()).values();
		}
		catch (IOException ex) {
			logger.debug("The records beside {} cannot be listed", this.place.receipt(), ex);
			ModelManifest seen = Elsewhere.read(this.place, this.cache.receipts().records());
			return (seen != null) ? List.of(seen) : List.of();
		}
	}

	/**
	 * Returns the names of the files that belong to this cache once they are shown: those
	 * that it brought, now or when an earlier attempt was broken off, and those that it
	 * links to content that it brought, now or for a version before.
	 */
	private Set<ModelFileName> own(ModelManifest manifest, Set<ModelFileName> arrived) throws IOException {
		Set<ModelFileName> brought = new HashSet<>();
		Set<Path> blobs = new HashSet<>();
		for (ModelFileName name : manifest.files()) {
			if (isBrought(name, arrived)) {
				brought.add(name);
				blobs.add(blob(name));
			}
		}
		for (ModelManifest record : records()) {
			for (ModelFileName name : record.own()) {
				Path file = name.in(Objects.requireNonNull(record.directory()));
				if (Files.isSymbolicLink(file)) {
					blobs.add(HubCache.targetOf(file));
				}
			}
		}
		brought.addAll(own());
		return manifest.files()
			.stream()
			.filter((name) -> brought.contains(name) || (arrived.contains(name) && blobs.contains(blob(name))))
			.collect(Collectors.toSet());
	}

	/**
	 * Its receipt tells that this cache brought a file, also long ago. Another tool may
	 * have brought the same bytes since.
	 */
	private boolean isBrought(ModelFileName name, Set<ModelFileName> arrived) throws IOException {
		ModelPlace file = arrived.contains(name) ? arriving(name) : seen(name);
		Fingerprint now = Fingerprint.of(file.target());
		Receipt receipt = (now != null) ? this.cache.receipts().find(file, now) : null;
		return receipt != null && now != null && receipt.putBy() == PutBy.CACHE
				&& (receipt.fingerprint().fileKey().equals(now.fileKey()) || receipt.fingerprint().fits(now));
	}

	@Override
	public void publish(ModelManifest manifest, Set<ModelFileName> arrived, Publication publication)
			throws IOException {
		for (ModelFileName name : manifest.files()) {
			if (!Files.isRegularFile(arrived.contains(name) ? blob(name) : name.in(snapshot()))) {
				throw new IOException("the file " + name + " has disappeared");
			}
		}
		this.cache.tag();
		Set<ModelFileName> own = own(manifest, arrived);
		Map<ModelFileName, Path> shown = new LinkedHashMap<>();
		Map<ModelFileName, Partial> copies = new LinkedHashMap<>();
		try {
			for (ModelFileName name : manifest.files()) {
				if (arrived.contains(name) && !isShown(name)) {
					shown.put(name, toShow(name, arrived, shown.values(), copies, publication));
				}
			}
			publication.commit(() -> {
				for (Map.Entry<ModelFileName, Partial> copy : copies.entrySet()) {
					permit(copy.getValue(), blob(copy.getKey()));
				}
				for (Map.Entry<ModelFileName, Path> file : shown.entrySet()) {
					Partial copy = copies.get(file.getKey());
					if (copy != null) {
						copy.file().close();
					}
					show(file.getKey(), file.getValue());
				}
				FileMoves.forceDirectory(snapshot());
				if (!this.revision.equals(this.commit)) {
					pointRevision();
				}
				Elsewhere.write(this.place, manifest.in(snapshot(), own), this.cache.receipts().records());
			});
		}
		finally {
			for (Partial copy : copies.values()) {
				copy.file().close();
			}
			for (Map.Entry<ModelFileName, Path> file : shown.entrySet()) {
				if (!file.getValue().equals(blob(file.getKey()))) {
					Files.deleteIfExists(file.getValue());
				}
			}
		}
	}

	@Override
	public void remember(ModelManifest manifest) {
		Elsewhere.write(this.place, manifest.in(snapshot(), own()), this.cache.receipts().records());
	}

	/** Returns whether the commit is there, at least in part. */
	boolean exists() {
		return Files.isDirectory(snapshot());
	}

	private boolean isShown(ModelFileName name) throws IOException {
		Path file = name.in(snapshot());
		return Files.exists(file) && Files.isSameFile(file, blob(name));
	}

	/**
	 * Returns what is to be moved to where a file is shown: a link to its blob or, where
	 * links are not to be had, the blob itself if it is of this cache alone, or a copy.
	 */
	private Path toShow(ModelFileName name, Set<ModelFileName> arrived, Collection<Path> others,
			Map<ModelFileName, Partial> copies, Publication publication) throws IOException {
		Path file = name.in(snapshot());
		Path blob = blob(name);
		Files.createDirectories(seen(name).directory());
		Path link = file.resolveSibling("." + UUID.randomUUID());
		if (link(link, blob)) {
			return link;
		}
		logger.debug("{} cannot be a link; it becomes a file", file);
		return (isBrought(name, arrived) && !others.contains(blob) && !HubCache.isLinked(this.folder, blob, file))
				? blob : copy(name, copies, publication);
	}

	private void show(ModelFileName name, Path next) throws IOException {
		Path file = name.in(snapshot());
		if (isTaken(name)) {
			throw new IOException("the file " + file + " appeared meanwhile; it was not put there by this cache");
		}
		if (Files.isSymbolicLink(file)) {
			logger.warn("{} pointed to content other than that of its commit; it now points to {}", file, blob(name));
		}
		FileMoves.replace(next, file);
		if (next.equals(blob(name))) {
			this.cache.receipts().completeFingerprint(seen(name));
		}
	}

	/**
	 * Others may count on the blob. The copy is made beside it, where what a killed
	 * process left is found and deleted, and stays open until it is shown, so that nobody
	 * else takes it for such.
	 */
	private Path copy(ModelFileName name, Map<ModelFileName, Partial> made, Publication publication)
			throws IOException {
		Path blob = blob(name);
		Partials copies = this.cache.copies(blob);
		copies.deleteCopies();
		publication.copying(arriving(name), Files.size(blob));
		Partial copy = copies.create();
		boolean done = false;
		try (FileChannel from = FileChannel.open(blob, StandardOpenOption.READ)) {
			ForcedChannel.copy(from, copy.file().channel(), publication::advanced);
			copy.file().channel().force(true);
			done = true;
		}
		finally {
			if (!done) {
				copy.delete();
			}
		}
		made.put(name, copy);
		return copy.path();
	}

	/** Gives a copy the permissions of its blob, which may be moved itself. */
	private static void permit(Partial copy, Path blob) throws IOException {
		if (blob.getFileSystem().supportedFileAttributeViews().contains("posix")) {
			FileAccess.set(copy.path(), Files.getPosixFilePermissions(blob));
		}
	}

	/** Returns whether there is a link that leads to a blob. */
	private boolean link(Path link, Path blob) throws IOException {
		if (!this.cache.links()) {
			return false;
		}
		try {
			Files.createSymbolicLink(link, link.resolveSibling("").relativize(blob));
			if (Files.isSameFile(link, blob)) {
				return true;
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			logger.debug("{} does not lead to {}", link, blob, ex);
		}
		Files.deleteIfExists(link);
		return false;
	}

	private void pointRevision() {
		Path ref = this.folder.resolve("refs").resolve(this.revision);
		try {
			if (Files.isRegularFile(ref, LinkOption.NOFOLLOW_LINKS) && Files.size(ref) < 100
					&& SmallFiles.line(ref).equals(this.commit)) {
				return;
			}
			Files.createDirectories(Objects.requireNonNull(ref.getParent()));
			Path next = ref.resolveSibling("." + UUID.randomUUID() + ".tmp");
			try {
				Files.writeString(next, this.commit);
				FileMoves.replace(next, ref);
			}
			finally {
				Files.deleteIfExists(next);
			}
		}
		catch (IOException ex) {
			logger.warn("{} cannot be written; other tools will not find the model by its branch", ref, ex);
		}
	}

}
