/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.ModelFileName;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of several files. Each version of one has a directory of its own, which
 * nobody is shown until all its files are there; one pointer then switches from the
 * version before. The pointer is a symbolic link at the model's place, which makes the
 * place look like a directory; where links cannot be made it is a small file beside the
 * versions, and nothing stands at the place itself.
 * <p>
 * <em>Blocking</em>: all methods but {@link #version} and {@link #nameOf}.
 */
final class ModelVersions {

	private static final Logger logger = LoggerFactory.getLogger(ModelVersions.class);

	private static final String POINTER = "current";

	/** The directory of a version, and what belongs to it. */
	private static final Pattern OWN = Pattern.compile("[0-9a-f]{16}(\\..*)?");

	private static final String UNPACKING = ".unpacking-";

	private static final Pattern VERSION = Pattern.compile("[0-9a-f]{16}");

	/** What this cache writes beside a file of a version. */
	private static final Pattern WORKING_FILE = Pattern.compile("\\..*\\.(part|journal|sealed|tmp)");

	private final CacheLayout layout;

	private final Receipts receipts;

	private final Links links;

	ModelVersions(CacheLayout layout, Receipts receipts) {
		this(layout, receipts, Files::createSymbolicLink);
	}

	ModelVersions(CacheLayout layout, Receipts receipts, Links links) {
		this.layout = layout;
		this.receipts = receipts;
		this.links = links;
	}

	/**
	 * Returns the name of a version.
	 * @param content what tells it from other versions
	 * @return the same name for the same content
	 */
	static String nameOf(List<String> content) {
		return CacheLayout.key(String.join("\n", content)).substring(0, 16);
	}

	/** Returns where the files of a version stand, or will stand. */
	ModelDirectory version(ModelPlace place, String version) {
		return new PrivateVersion(place, version);
	}

	/** Returns the version that is visible, or null where there is none. */
	@Nullable SeenVersion seen(ModelPlace place) {
		String version = current(place);
		ModelManifest manifest = (version != null) ? manifest(place, version) : null;
		if (version == null || manifest == null) {
			return null;
		}
		return new SeenVersion(manifest,
				manifest.files().stream().map((name) -> this.layout.file(place, version, name)).toList());
	}

	/** Returns whether a path is a link that this cache makes to a version. */
	static boolean isPointer(Path path) {
		try {
			Path parent = Files.isSymbolicLink(path) ? Files.readSymbolicLink(path).getParent() : null;
			return parent != null && parent.equals(CacheLayout.versions(path).getFileName());
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Returns the name of the version that is visible.
	 * @param place the model's place
	 * @return the name, or {@code null} where there is none
	 */
	private @Nullable String current(ModelPlace place) {
		try {
			if (isPointer(place.target())) {
				return Files.readSymbolicLink(place.target()).getFileName().toString();
			}
			Path pointer = CacheLayout.versions(place).resolve(POINTER);
			boolean here = !Files.exists(place.target(), LinkOption.NOFOLLOW_LINKS) && Files.exists(pointer);
			return here ? new ModelFileName(SmallFiles.line(pointer)).last() : null;
		}
		catch (IOException | IllegalArgumentException ex) {
			logger.debug("The version of {} cannot be read", place.target(), ex);
			return null;
		}
	}

	private static Path manifestFile(ModelPlace place, String version) {
		return CacheLayout.versions(place).resolve(version + ".properties");
	}

	/**
	 * Makes a version visible, all of whose files are in its directory. The version that
	 * was visible until now stays on disk for those who still read it; older ones go.
	 * @param place the model's place
	 * @param version the name of the version
	 * @param manifest what makes it up
	 * @throws IOException if something else stands at the model's place, or the disk does
	 * not take it; the version before stays visible then
	 */
	private void publish(ModelPlace place, String version, ModelManifest manifest) throws IOException {
		String before = current(place);
		Path versions = CacheLayout.versions(place);
		if (!Files.isDirectory(versions, LinkOption.NOFOLLOW_LINKS)) {
			throw new IOException(versions + " is not a directory of this cache");
		}
		for (ModelFileName name : manifest.files()) {
			if (!Files.isRegularFile(this.layout.file(place, version, name).target())) {
				throw new IOException("the file " + name + " has disappeared");
			}
		}
		PropertiesFiles.write(manifestFile(place, version), manifest.toProperties(), place.access());
		FileMoves.forceDirectory(versions.resolve(version));
		FileMoves.forceDirectory(versions);
		if (version.equals(before)) {
			deleteEntries(place, (entry) -> entry.startsWith(version + ".") && !entry.endsWith(".properties"));
			return;
		}
		requireNothingOfOthers(place, Files.getLastModifiedTime(manifestFile(place, version)).toInstant());
		try {
			point(place, version);
		}
		catch (IOException ex) {
			pointBack(place, version, before, ex);
			throw ex;
		}
		Set<String> kept = Stream.of(version, before).filter(Objects::nonNull).collect(Collectors.toSet());
		deleteEntries(place, (entry) -> !kept.contains(entry.replaceFirst("\\.properties$", "")));
	}

	private void requireNothingOfOthers(ModelPlace place, Instant now) throws IOException {
		Path target = place.target();
		Occupant occupant = Occupant.of(place, this.receipts);
		if (place.conflict() == ModelPathConflict.REPLACE || occupant == Occupant.CHANGED
				|| occupant == Occupant.PART) {
			Occupant.makeWay(place, this.receipts, now, FileMoves::replace);
		}
		if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
			throw new IOException(target + " is a directory that this cache did not make");
		}
		if (Files.isSymbolicLink(target) && current(place) == null) {
			throw new IOException(target + " is a link that this cache did not make");
		}
		Fingerprint fingerprint = Files.isSymbolicLink(target) ? null : Fingerprint.of(target);
		if (fingerprint != null) {
			Receipt receipt = this.receipts.find(place, fingerprint);
			if (receipt == null || receipt.sourceKey() == null || !receipt.isOurs(place)) {
				throw new IOException(target + " is a file that this cache did not put there");
			}
		}
	}

	private void point(ModelPlace place, String version) throws IOException {
		Path versions = CacheLayout.versions(place);
		Path link = versions.resolve("." + UUID.randomUUID());
		try {
			this.links.create(link, Path.of(versions.getFileName().toString(), version));
		}
		catch (IOException | UnsupportedOperationException ex) {
			logger.debug("{} cannot be created", link, ex);
			writePointer(place, version, link);
			return;
		}
		FileMoves.replace(link, place.target());
		if (!Files.isDirectory(place.target())) {
			writePointer(place, version, link);
			return;
		}
		this.receipts.delete(place);
		FileMoves.forceDirectory(place.directory());
	}

	/** Where a link cannot be created, or does not lead to the version. */
	private static void writePointer(ModelPlace place, String version, Path temporary) throws IOException {
		Path versions = CacheLayout.versions(place);
		logger.info("{} cannot be made a symbolic link; the files are in {}", place.target(),
				versions.resolve(version));
		Files.writeString(temporary, version, StandardCharsets.UTF_8);
		place.access().applyTo(temporary);
		FileMoves.force(temporary);
		// Not looked at while something stands at the place.
		FileMoves.replace(temporary, versions.resolve(POINTER));
		FileMoves.forceDirectory(versions);
		Files.deleteIfExists(place.target());
	}

	/** The disk may have lost the new pointer, which would be found after a restart. */
	private void pointBack(ModelPlace place, String version, @Nullable String before, IOException failure) {
		if (!version.equals(current(place))) {
			return;
		}
		try {
			if (before != null) {
				point(place, before);
			}
			else {
				Files.deleteIfExists(place.target());
				Files.deleteIfExists(CacheLayout.versions(place).resolve(POINTER));
			}
		}
		catch (IOException ex) {
			failure.addSuppressed(ex);
		}
	}

	/** Deletes entries that this cache may have made. */
	private void deleteEntries(ModelPlace place, Predicate<String> unwanted) {
		List<Path> left = new ArrayList<>();
		try {
			List<Path> old = Listing.of(CacheLayout.versions(place), "*").stream().filter((entry) -> {
				String name = entry.getFileName().toString();
				return OWN.matcher(name).matches() && unwanted.test(name);
			}).toList();
			Set<Path> others = Set.copyOf(filesOfOthers(place, old));
			for (Path entry : old) {
				delete(place, entry, others, () -> {
				}, left::add);
			}
		}
		catch (IOException ex) {
			logger.warn("Old versions of {} cannot be deleted", place.target(), ex);
		}
		if (!left.isEmpty()) {
			logger.warn("Old versions of {} are deleted except for {}, which this cache did not put there or which "
					+ "were changed since", place.target(), left);
		}
	}

	/**
	 * Deletes all versions of a model. What this cache did not put into the directory of
	 * a version stays, and so does what was changed since at a path that the user chose.
	 * If that is in the version that is visible, it stays visible there.
	 * @param place the model's place
	 * @param deleted run for each file
	 * @param left is told of each file that stays
	 * @return whether a version was visible
	 */
	boolean delete(ModelPlace place, Runnable deleted, Consumer<Path> left) throws IOException {
		String current = current(place);
		boolean existed = seen(place) != null;
		Path versions = CacheLayout.versions(place);
		List<Path> others = filesOfOthers(place);
		if (current != null && others.stream().noneMatch((file) -> file.startsWith(versions.resolve(current)))) {
			existed = true;
			Files.deleteIfExists(place.target());
		}
		if (Files.isDirectory(versions, LinkOption.NOFOLLOW_LINKS)) {
			delete(place, versions, Set.copyOf(others), deleted, left);
		}
		return existed;
	}

	/** Returns the files among the versions that {@link #delete} would leave. */
	List<Path> filesOfOthers(ModelPlace place) throws IOException {
		Path versions = CacheLayout.versions(place);
		return filesOfOthers(place,
				Files.isDirectory(versions, LinkOption.NOFOLLOW_LINKS) ? List.of(versions) : List.of());
	}

	private List<Path> filesOfOthers(ModelPlace place, List<Path> roots) throws IOException {
		List<Path> others = new ArrayList<>();
		Map<String, Optional<Set<Path>>> listed = new HashMap<>();
		for (Path root : roots) {
			Files.walkFileTree(root, new Visitor() {

				@Override
				public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
					if (!isOwn(place, file, listed)) {
						others.add(file);
					}
					return FileVisitResult.CONTINUE;
				}

			});
		}
		return others;
	}

	private void delete(ModelPlace place, Path directory, Set<Path> others, Runnable deleted, Consumer<Path> left)
			throws IOException {
		// What they do not list is somebody else's.
		Set<Path> manifests = others.stream()
			.map((other) -> manifestFile(place, versionOf(place, other)))
			.collect(Collectors.toSet());
		Files.walkFileTree(directory, new Visitor() {

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
				if (others.contains(file)) {
					left.accept(file);
					return FileVisitResult.CONTINUE;
				}
				if (manifests.contains(file)) {
					return FileVisitResult.CONTINUE;
				}
				ModelVersions.this.receipts.delete(ModelVersions.this.layout.place(file, place.lockFile()));
				Files.deleteIfExists(file);
				deleted.run();
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
				if (failure != null) {
					throw failure;
				}
				try {
					Files.deleteIfExists(visited);
				}
				catch (DirectoryNotEmptyException ex) {
					logger.trace("Files stay in {}", visited, ex);
				}
				return FileVisitResult.CONTINUE;
			}

		});
	}

	/**
	 * Returns whether a file among the versions is one that this cache put there. In its
	 * own directory, a file that was changed since is taken for a damaged one.
	 * @param listed the files that the manifests of versions list, as far as they are
	 * read
	 */
	private boolean isOwn(ModelPlace place, Path file, Map<String, Optional<Set<Path>>> listed) throws IOException {
		Path name = CacheLayout.versions(place).relativize(file);
		String first = name.getName(0).toString();
		if (name.getNameCount() == 1) {
			return first.startsWith(".") || first.equals(POINTER) || OWN.matcher(first).matches();
		}
		if (!VERSION.matcher(first).matches()) {
			return OWN.matcher(first).matches();
		}
		if (WORKING_FILE.matcher(file.getFileName().toString()).matches()) {
			return true;
		}
		ModelPlace own = this.layout.place(file, place.lockFile());
		Set<Path> files = listed.computeIfAbsent(first, (version) -> filesOf(place, version)).orElse(null);
		// A version that was never complete has no manifest.
		boolean known = (files != null) ? files.contains(file)
				: place.conflict() == null || this.receipts.find(own) != null;
		return known && (place.conflict() == null || !this.receipts.isEdited(own));
	}

	private Optional<Set<Path>> filesOf(ModelPlace place, String version) {
		return Optional.ofNullable(manifest(place, version))
			.map((manifest) -> manifest.files()
				.stream()
				.map((name) -> this.layout.file(place, version, name).target())
				.collect(Collectors.toSet()));
	}

	/**
	 * Returns the first name of the path of a file below the directory of all versions.
	 */
	private static String versionOf(ModelPlace place, Path file) {
		return CacheLayout.versions(place).relativize(file).getName(0).toString();
	}

	private static @Nullable ModelManifest manifest(ModelPlace place, String version) {
		Properties properties = PropertiesFiles.read(manifestFile(place, version));
		return (properties != null) ? ModelManifest.fromProperties(properties) : null;
	}

	/** Makes symbolic links. */
	@FunctionalInterface
	interface Links {

		/**
		 * Makes a link.
		 * @param link where
		 * @param target what it leads to
		 * @param attributes none
		 * @return the link
		 * @throws IOException if it cannot be made
		 */
		Path create(Path link, Path target, FileAttribute<?>... attributes) throws IOException;

	}

	private final class PrivateVersion implements ModelDirectory {

		private final ModelPlace place;

		private final String version;

		PrivateVersion(ModelPlace place, String version) {
			this.place = place;
			this.version = version;
		}

		@Override
		public ModelPlace arriving(ModelFileName name) {
			return seen(name);
		}

		@Override
		public ModelPlace seen(ModelFileName name) {
			return ModelVersions.this.layout.file(this.place, this.version, name);
		}

		/** Goes with the versions that nobody sees any more. */
		private Path hidden(String ending) {
			return CacheLayout.versions(this.place).resolve(this.version + ending);
		}

		@Override
		public ModelPlace packed(ModelFileName name) {
			return ModelVersions.this.layout.place(name.in(hidden(".packed")), this.place.lockFile());
		}

		@Override
		public Path unpacking() throws IOException {
			// Of processes that were killed: the disk may have no room beside them.
			deleteEntries(this.place, (entry) -> entry.contains(UNPACKING));
			Path directory = hidden(UNPACKING + UUID.randomUUID());
			FileAccess.PRIVATE.createDirectories(directory);
			return directory;
		}

		@Override
		public void take(Path unpacked, ModelFileName name, Function<Fingerprint, Receipt> receipt) throws IOException {
			ModelPlace target = seen(name);
			target.access().createDirectories(target.directory());
			target.access().applyTo(unpacked);
			FileMoves.force(unpacked);
			Fingerprint fingerprint = Fingerprint.of(unpacked);
			if (fingerprint == null) {
				throw new IOException("the unpacked file " + unpacked + " has disappeared");
			}
			ModelVersions.this.receipts.unseal(target.target());
			FileMoves.replace(unpacked, target.target());
			FileMoves.forceDirectory(target.directory());
			ModelVersions.this.receipts.write(target, receipt.apply(fingerprint.withoutChange()));
			ModelVersions.this.receipts.completeFingerprint(target);
		}

		@Override
		public boolean isVisible() {
			return this.version.equals(current(this.place));
		}

		@Override
		public boolean isShared() {
			return false;
		}

		/** What stands in a directory of our own is replaced. */
		@Override
		public boolean isTaken(ModelFileName name) {
			return false;
		}

		@Override
		public void remember(ModelManifest manifest) {
			throw new UnsupportedOperationException("a version of this cache is published");
		}

		@Override
		public void publish(ModelManifest manifest, Set<ModelFileName> arrived, Publication publication)
				throws IOException {
			publication.commit(() -> ModelVersions.this.publish(this.place, this.version, manifest));
			Elsewhere.retire(this.place, ModelVersions.this.receipts.records());
		}

	}

	/**
	 * Visits files of which some are deleted meanwhile, with those that they belong to.
	 */
	private abstract static class Visitor extends SimpleFileVisitor<Path> {

		@Override
		public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
			if (failure instanceof NoSuchFileException) {
				return FileVisitResult.CONTINUE;
			}
			throw failure;
		}

	}

}
