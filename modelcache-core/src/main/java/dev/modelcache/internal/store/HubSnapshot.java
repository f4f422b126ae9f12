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
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.ForcedChannel;
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
			ModelManifest before = Elsewhere.read(this.place, this.cache.receipts().records());
			this.own = (before != null && snapshot().equals(before.directory())) ? before.own() : Set.of();
		}
		return this.own;
	}

	@Override
	public void publish(ModelManifest manifest, Set<ModelFileName> brought, Set<ModelFileName> arrived)
			throws IOException {
		for (ModelFileName name : manifest.files()) {
			if (!Files.isRegularFile(arrived.contains(name) ? blob(name) : name.in(snapshot()))) {
				throw new IOException("the file " + name + " has disappeared");
			}
		}
		this.cache.tag();
		Map<Digest, ModelFileName> first = new HashMap<>();
		manifest.files().forEach((name) -> first.putIfAbsent(Objects.requireNonNull(this.files.get(name)), name));
		for (int i = manifest.files().size() - 1; i >= 0; i--) {
			// The last one to be shown may have the blob itself, where links are not to
			// be had.
			ModelFileName name = manifest.files().get(i);
			boolean last = name.equals(first.get(this.files.get(name)));
			if (arrived.contains(name)) {
				show(name, brought.contains(name) && last);
			}
		}
		FileMoves.forceDirectory(snapshot());
		if (!this.revision.equals(this.commit)) {
			pointRevision();
		}
		Elsewhere.write(this.place,
				manifest.in(snapshot(), Stream.concat(own().stream(), brought.stream()).collect(Collectors.toSet())),
				this.cache.receipts().records());
	}

	@Override
	public void remember(ModelManifest manifest) {
		Elsewhere.write(this.place, manifest.in(snapshot(), own()), this.cache.receipts().records());
	}

	/** Returns whether the commit is there, at least in part. */
	boolean exists() {
		return Files.isDirectory(snapshot());
	}

	private void show(ModelFileName name, boolean brought) throws IOException {
		Path file = name.in(snapshot());
		Path blob = blob(name);
		if (Files.exists(file) && Files.isSameFile(file, blob)) {
			return;
		}
		if (isTaken(name)) {
			throw new IOException("the file " + file + " appeared meanwhile; it was not put there by this cache");
		}
		if (Files.isSymbolicLink(file)) {
			logger.warn("{} pointed to content other than that of its commit; it now points to {}", file, blob);
		}
		Files.createDirectories(seen(name).directory());
		Path next = file.resolveSibling("." + UUID.randomUUID());
		if (!link(next, blob)) {
			logger.debug("{} cannot be a link; it becomes a file", file);
			if (brought) {
				FileMoves.replace(blob, file);
				this.cache.receipts().completeFingerprint(seen(name));
				return;
			}
			copy(blob, next);
		}
		try {
			FileMoves.replace(next, file);
		}
		finally {
			Files.deleteIfExists(next);
		}
	}

	/** Others may count on the blob. The copy has its permissions. */
	private static void copy(Path blob, Path next) throws IOException {
		FileAttribute<?>[] attributes = blob.getFileSystem().supportedFileAttributeViews().contains("posix")
				? new FileAttribute<?>[] { PosixFilePermissions.asFileAttribute(Files.getPosixFilePermissions(blob)) }
				: new FileAttribute<?>[0];
		try (FileChannel from = FileChannel.open(blob, StandardOpenOption.READ);
				FileChannel to = FileChannel.open(next, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
						attributes)) {
			ForcedChannel.copy(from, to, () -> {
			});
			to.force(true);
		}
		catch (IOException ex) {
			Files.deleteIfExists(next);
			throw ex;
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
			if (Files.isRegularFile(ref, LinkOption.NOFOLLOW_LINKS)
					&& Files.readString(ref).strip().equals(this.commit)) {
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
