/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the cache that the Hub's own tools keep tells of a repository: the commit that a
 * branch was at when somebody last asked the Hub, and the files of it that are there.
 * <p>
 * <em>Blocking</em>.
 */
final class CachedRepository {

	private static final Logger logger = LoggerFactory.getLogger(CachedRepository.class);

	/** A reference is a commit, with or without a line end. */
	private static final int LONGEST_REFERENCE = 64;

	private CachedRepository() {
	}

	/**
	 * Reads what is known of a repository.
	 * @param cache the root of the cache
	 * @param url the repository and its revision
	 * @return the files that are there, or {@code null} where there are none
	 */
	static @Nullable HubRepository read(Path cache, HubUrl url) {
		Path folder = cache.resolve("models--" + url.repository().replace("/", "--"));
		try {
			String commit = url.isPinned() ? url.revision() : commit(folder.resolve("refs").resolve(url.revision()));
			if (!HubFile.isSha1(commit)) {
				return null;
			}
			List<HubFile> files = files(folder.resolve("snapshots").resolve(commit));
			return files.isEmpty() ? null : new HubRepository(commit, false, false, files, null);
		}
		catch (IOException | UncheckedIOException | IllegalArgumentException ex) {
			logger.debug("{} cannot be read", folder, ex);
			return null;
		}
	}

	private static String commit(Path reference) throws IOException {
		if (!Files.isRegularFile(reference, LinkOption.NOFOLLOW_LINKS)) {
			return "";
		}
		try (InputStream in = Files.newInputStream(reference, LinkOption.NOFOLLOW_LINKS)) {
			return new String(in.readNBytes(LONGEST_REFERENCE + 1), StandardCharsets.ISO_8859_1).strip();
		}
	}

	private static List<HubFile> files(Path snapshot) throws IOException {
		try (Stream<Path> files = Files.walk(snapshot)) {
			return files.filter((file) -> Files.isRegularFile(file) && !isTemporary(file))
				.sorted()
				.flatMap((file) -> file(snapshot, file).stream())
				.toList();
		}
		catch (NoSuchFileException ex) {
			return List.of();
		}
	}

	private static boolean isTemporary(Path file) {
		return file.getFileName().toString().matches("\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
	}

	/**
	 * The name of the blob that a file links to says what its digest should be. A file
	 * whose name cannot be used is left out, as in the Hub's own listing.
	 */
	private static Optional<HubFile> file(Path snapshot, Path file) {
		try {
			Path blob = Files.isSymbolicLink(file) ? Files.readSymbolicLink(file).getFileName() : null;
			Digest digest = (blob != null) ? HubFile.digest(blob.toString()) : null;
			String name = snapshot.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
			return Optional.of(new HubFile(new ModelFileName(name), Files.size(file), digest));
		}
		catch (IllegalArgumentException ex) {
			logger.debug("{} is left out: {}", file, ex.getMessage());
			return Optional.empty();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
