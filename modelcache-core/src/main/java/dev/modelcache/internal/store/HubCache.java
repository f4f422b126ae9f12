/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.ExclusiveFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cache that Hugging Face's {@code huggingface_hub} and llama.cpp share: the bytes of
 * a file in {@code blobs/<etag>}, a link to them in {@code snapshots/<commit>/<path>},
 * the commit of a branch in {@code refs/<branch>}. Its format is described at
 * huggingface.co/docs/huggingface_hub/guides/manage-cache.
 * <p>
 * Receipts never stand in it. What others put there is read and linked to, and neither
 * changed nor deleted.
 */
final class HubCache {

	private static final Logger logger = LoggerFactory.getLogger(HubCache.class);

	/** {@code models--org--repo/blobs/name}. */
	static final int DEPTH_OF_BLOBS = 3;

	private static final String TAG = """
			Signature: 8a477f597d28d172789f06886806bc55
			# This file marks a cache directory (bford.info/cachedir).
			""";

	private final HubCacheSettings settings;

	private final CacheLayout layout;

	private final Receipts receipts;

	private final ExclusiveFiles files;

	/** Whether it was logged that nothing can be added. */
	private final AtomicBoolean told = new AtomicBoolean();

	HubCache(HubCacheSettings settings, CacheLayout layout, Receipts receipts, ExclusiveFiles files) {
		this.settings = settings;
		this.files = files;
		this.layout = layout;
		this.receipts = receipts;
	}

	/**
	 * Returns where a commit of a repository stands.
	 * @param place the place of the model that is made of its files
	 * @param repository the repository, {@code org/repo}
	 * @param revision the branch, tag or commit that was asked for
	 * @param commit the commit
	 * @param files the digests of the files: a SHA-256, or that of git
	 */
	HubSnapshot snapshot(ModelPlace place, String repository, String revision, String commit,
			Map<ModelFileName, Digest> files) {
		return new HubSnapshot(this, place, folder(repository), revision, commit, files);
	}

	/**
	 * Returns whether something can be added to a repository. If not, its files are still
	 * adopted, the model is stored in the cache's own directory, and that is logged once.
	 * @param repository the repository, {@code org/repo}
	 * @param commit the commit
	 */
	boolean isWritable(String repository, String commit) {
		Path folder = folder(repository).toAbsolutePath();
		Path blobs = existing(folder.resolve("blobs"));
		Path snapshot = existing(folder.resolve("snapshots").resolve(commit));
		boolean nowhere = this.settings.directory().equals(StoreSettings.NOWHERE);
		boolean writable = !nowhere && isWritable(blobs) && isWritable(snapshot);
		if (!writable && this.told.compareAndSet(false, true)) {
			logger.info(
					"{}, so models from the Hub are stored in {}. Set hooks.llm.huggingface.cache-directory to use "
							+ "another directory",
					nowhere ? "There is no home directory in which the cache of the Hub's tools can be"
							: "This user cannot write to " + (isWritable(blobs) ? snapshot : blobs)
									+ ", where the cache of the Hub's tools is (" + this.settings.directory() + ")",
					this.layout.directory());
		}
		return writable;
	}

	private Path folder(String repository) {
		return this.settings.directory().resolve("models--" + repository.replace("/", "--"));
	}

	/** Returns what stands at a path or, if nothing does, where it would be created. */
	private static Path existing(Path path) {
		Path existing = path;
		while (!Files.exists(existing, LinkOption.NOFOLLOW_LINKS) && existing.getParent() != null) {
			existing = existing.getParent();
		}
		return existing;
	}

	private static boolean isWritable(Path directory) {
		return Files.isDirectory(directory) && Files.isWritable(directory) && Files.isExecutable(directory);
	}

	boolean links() {
		return this.settings.links();
	}

	CacheLayout layout() {
		return this.layout;
	}

	/** Returns the copies of a blob that are made where it cannot be linked to. */
	Partials copies(Path blob) {
		return new Partials(blob, this.files, Instant.MIN, false, this.layout.access());
	}

	Receipts receipts() {
		return this.receipts;
	}

	/**
	 * Creates the directories of a repository. The Hub's tools warn of one that lacks
	 * snapshots or, as those of JavaScript, references, and do not show it.
	 * @param blobs where its files arrive
	 */
	static void createRepository(Path blobs) throws IOException {
		FileAccess.createAll(blobs);
		try {
			Files.createDirectories(blobs.resolveSibling("snapshots"));
			Files.createDirectories(blobs.resolveSibling("refs"));
		}
		catch (IOException ex) {
			logger.debug("{} is not complete", blobs.resolveSibling(""), ex);
		}
	}

	/** Tells backup programs that this is a cache, as Hugging Face's library does. */
	void tag() {
		Path tag = this.settings.directory().resolve("CACHEDIR.TAG");
		if (!Files.exists(tag, LinkOption.NOFOLLOW_LINKS)) {
			try {
				Files.writeString(tag, TAG, StandardOpenOption.CREATE_NEW);
			}
			catch (IOException ex) {
				logger.debug("{} cannot be written", tag, ex);
			}
		}
	}

	/**
	 * Deletes what this cache brought of a version of a model, unless another snapshot or
	 * another model of ours uses it too. A blob goes before the link that leads to it, so
	 * that another deletion finds what is left.
	 * @param place the model's place
	 * @param record the record of the version
	 * @param manifest what makes it up
	 * @param leftovers is told what cannot be deleted
	 * @param left is told of each file that was changed since it was brought, and stays
	 * @return whether all is gone
	 */
	boolean delete(ModelPlace place, Path record, ModelManifest manifest, Leftovers leftovers, Consumer<Path> left)
			throws IOException {
		Path snapshot = Objects.requireNonNull(manifest.directory());
		Path folder = parent(parent(snapshot));
		Set<ModelFileName> kept = Elsewhere.handOn(record, manifest, place.access());
		boolean edited = false;
		for (ModelFileName name : manifest.files()) {
			if (kept.contains(name)) {
				continue;
			}
			Path file = name.in(snapshot);
			ModelPlace own = this.layout.place(file, place.lockFile());
			if (manifest.own().contains(name)) {
				if (isEdited(own)) {
					left.accept(file);
					edited = true;
					continue;
				}
				leftovers.unless(() -> deleteFile(folder, file), file);
			}
			this.receipts.delete(own);
		}
		if (!Files.exists(snapshot)) {
			leftovers.unless(() -> deleteRefs(folder.resolve("refs"), snapshot.getFileName().toString()),
					folder.resolve("refs"));
		}
		return leftovers.isEmpty() && !edited;
	}

	/** Other tools look for a file there, but not for one that was found damaged. */
	private boolean isEdited(ModelPlace file) throws IOException {
		Receipt receipt = Files.isSymbolicLink(file.target()) ? null : this.receipts.find(file);
		return receipt != null && !receipt.doubted() && this.receipts.isEdited(file);
	}

	private boolean deleteFile(Path folder, Path file) throws IOException {
		Path blob = Files.isSymbolicLink(file) ? targetOf(file) : null;
		if (blob != null && blob.startsWith(folder.resolve("blobs")) && !isLinked(folder, blob, file)) {
			Files.deleteIfExists(blob);
			this.receipts.unseal(blob);
		}
		boolean existed = Files.deleteIfExists(file);
		deleteEmpty(parent(file), folder.resolve("snapshots"));
		return existed;
	}

	/** Returns whether another link of a snapshot than this one leads to a blob. */
	static boolean isLinked(Path folder, Path blob, Path except) throws IOException {
		try (Stream<Path> files = Files.walk(folder.resolve("snapshots"))) {
			return files.filter(Files::isSymbolicLink).anyMatch((link) -> !link.equals(except) && isLinkTo(link, blob));
		}
		catch (NoSuchFileException ex) {
			return false;
		}
		catch (UncheckedIOException ex) {
			// Rather a blob too many than one too few.
			return true;
		}
	}

	/** Returns what a link leads to. */
	static Path targetOf(Path link) throws IOException {
		return parent(link).resolve(Files.readSymbolicLink(link)).normalize();
	}

	/** None of these paths is a root. */
	private static Path parent(Path path) {
		return Objects.requireNonNull(path.getParent());
	}

	private static boolean isLinkTo(Path link, Path blob) {
		try {
			return targetOf(link).equals(blob);
		}
		catch (IOException ex) {
			// Rather a blob too many than one too few.
			return true;
		}
	}

	private static void deleteEmpty(Path directory, Path end) throws IOException {
		for (Path empty = directory; !empty.equals(end); empty = parent(empty)) {
			try {
				if (!Listing.of(empty, "*").isEmpty()) {
					return;
				}
			}
			catch (NoSuchFileException ex) {
				continue;
			}
			Files.delete(empty);
		}
	}

	private static boolean deleteRefs(Path refs, String commit) throws IOException {
		if (!Files.isDirectory(refs)) {
			return false;
		}
		List<Path> files;
		try (Stream<Path> all = Files.walk(refs)) {
			files = all.filter((file) -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).toList();
		}
		for (Path file : files) {
			if (Files.size(file) < 100 && SmallFiles.line(file).equals(commit)) {
				Files.delete(file);
			}
		}
		return true;
	}

}
