/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import dev.modelcache.Digest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stores of other tools, which name files by their SHA-256. They are only read. <pre>
 * &lt;Hugging Face cache&gt;/models--&lt;org&gt;--&lt;name&gt;/blobs/&lt;hex&gt;   maybe a link to &lt;Hugging Face cache&gt;/blobs/…
 * &lt;Ollama store&gt;/blobs/sha256-&lt;hex&gt;
 * </pre>
 */
final class ForeignStores {

	private static final Logger logger = LoggerFactory.getLogger(ForeignStores.class);

	private final AdoptionSettings settings;

	ForeignStores(AdoptionSettings settings) {
		this.settings = settings;
	}

	/**
	 * Finds the files that have a digest by their name.
	 * @param sha256 the digest
	 * @param size their size, or {@code null} where it is not known
	 * @return the real paths of regular files that lie in their store
	 */
	Set<Path> find(Digest sha256, @Nullable Long size) {
		Set<Path> found = new LinkedHashSet<>();
		for (Path cache : this.settings.huggingFaceCaches()) {
			for (Path repository : repositories(cache)) {
				addIfUsable(found, cache, repository.resolve("blobs").resolve(sha256.hex()), size);
			}
		}
		for (Path store : this.settings.ollamaStores()) {
			addIfUsable(found, store, store.resolve("blobs").resolve("sha256-" + sha256.hex()), size);
		}
		return found;
	}

	/** Returns whether none of the stores has files of models. */
	boolean areEmpty() {
		return this.settings.huggingFaceCaches().stream().allMatch((cache) -> repositories(cache).isEmpty())
				&& this.settings.ollamaStores()
					.stream()
					.noneMatch((store) -> Files.isDirectory(store.resolve("blobs")));
	}

	private static List<Path> repositories(Path cache) {
		List<Path> repositories = new ArrayList<>();
		try (DirectoryStream<Path> directories = Files.newDirectoryStream(cache, "models--*")) {
			directories.forEach(repositories::add);
		}
		catch (IOException | DirectoryIteratorException ex) {
			logger.debug("No models in {}: {}", cache, ex.toString());
		}
		return repositories;
	}

	/** A link must not lead to a file that belongs to nobody's store. */
	private static void addIfUsable(Set<Path> found, Path store, Path file, @Nullable Long size) {
		try {
			Path real = file.toRealPath();
			if (!real.startsWith(store.toRealPath()) || !Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)) {
				logger.warn("{} is not used: it leads to {}, which is not a file of {}", file, real, store);
			}
			else if (size != null && Files.size(real) != size) {
				logger.warn("{} is not used: it has {} bytes instead of {}", file, Files.size(real), size);
			}
			else if (Files.isReadable(real)) {
				found.add(real);
			}
		}
		catch (NoSuchFileException ex) {
			logger.trace("No {}", file);
		}
		catch (IOException ex) {
			logger.debug("{} is not used: {}", file, ex.toString());
		}
	}

}
