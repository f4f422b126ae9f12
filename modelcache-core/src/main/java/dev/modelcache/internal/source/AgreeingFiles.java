/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

import dev.modelcache.Digest;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.RemoteFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those of the files that several locations offer as the same bytes which can be: the
 * others state another digest than the expected one, or another size.
 *
 * The configured digest decides what the file is. Where none is configured, the first
 * location does, which is that of {@code url} unless it cannot be asked.
 *
 * @param files the files that agree, the preferred one first; at least one
 * @param expected the configured digest, else the one that the first location states, or
 * {@code null}
 * @param size the size that they have, or {@code null} where it is not stated by whoever
 * decides
 */
record AgreeingFiles(List<RemoteFile> files, @Nullable ExpectedDigest expected, @Nullable Long size) {

	private static final Logger logger = LoggerFactory.getLogger(AgreeingFiles.class);

	private static final List<String> COMPRESSED = List.of(".gz", ".zst", ".xz");

	/**
	 * Leaves out what contradicts.
	 * @param request the request, whose digest comes before any that a location states
	 * @param offered the files, the preferred one first; at least one
	 * @return the others
	 * @throws ModelIntegrityException if none is left
	 */
	static AgreeingFiles of(ModelRequest request, List<RemoteFile> offered) {
		ExpectedDigest expected = (request.expectedDigest() != null)
				? new ExpectedDigest(request.expectedDigest(), request.digestOrigin()) : offered.get(0).expected();
		ExpectedDigest reference = reference(expected, offered);
		List<RemoteFile> rightDigest = new ArrayList<>();
		for (RemoteFile file : offered) {
			ExpectedDigest stated = file.expected();
			if (reference != null && stated != null && contradicts(stated.digest(), reference.digest())) {
				leaveOut(request, file, "states the digest " + stated.digest() + ", but "
						+ reference.origin().description() + " specifies " + reference.digest());
			}
			else {
				rightDigest.add(file);
			}
		}
		if (rightDigest.isEmpty()) {
			throw new ModelIntegrityException(request.id(),
					"all sources state a different digest than the expected " + request.expectedDigest(),
					"Check which digest is correct, then correct the expected digest or use another source");
		}
		Long size = size(rightDigest, reference);
		List<RemoteFile> agreeing = new ArrayList<>();
		for (RemoteFile file : rightDigest) {
			if (size == null || file.size() == null || file.size().equals(size)) {
				agreeing.add(file);
			}
			else {
				leaveOut(request, file,
						"states a size of " + file.size() + " bytes, but others state " + size + " bytes");
			}
		}
		return new AgreeingFiles(agreeing, expected, size);
	}

	/**
	 * Returns what stated digests are compared with. The digest that is configured for a
	 * compressed file may be that of its content, which no location states.
	 */
	private static @Nullable ExpectedDigest reference(@Nullable ExpectedDigest expected, List<RemoteFile> offered) {
		boolean compressed = offered.stream().anyMatch((file) -> COMPRESSED.stream().anyMatch(file.name()::endsWith));
		if (expected == null || !compressed || offered.stream().anyMatch((file) -> states(file, expected))) {
			return expected;
		}
		return firstKnown(offered, RemoteFile::expected);
	}

	private static boolean states(RemoteFile file, ExpectedDigest expected) {
		return file.expected() != null && file.expected().digest().equals(expected.digest());
	}

	/** Only digests of one algorithm can be compared. */
	private static boolean contradicts(Digest stated, Digest expected) {
		return stated.algorithm() == expected.algorithm() && !stated.equals(expected);
	}

	/** Whoever states the expected digest is believed before the others. */
	private static @Nullable Long size(List<RemoteFile> files, @Nullable ExpectedDigest expected) {
		List<RemoteFile> sure = files.stream().filter((file) -> expected != null && states(file, expected)).toList();
		Long size = firstKnown(sure, RemoteFile::size);
		if (size != null) {
			return size;
		}
		return (expected != null) ? firstKnown(files, RemoteFile::size) : files.get(0).size();
	}

	private static <T> @Nullable T firstKnown(List<RemoteFile> files, Function<RemoteFile, @Nullable T> fact) {
		return files.stream().map(fact).filter(Objects::nonNull).findFirst().orElse(null);
	}

	private static void leaveOut(ModelRequest request, RemoteFile file, String reason) {
		logger.warn("Model '{}': {} is not used because it {}", request.id(), file.mirrors().get(0), reason);
	}

}
