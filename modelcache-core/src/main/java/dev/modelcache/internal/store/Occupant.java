/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

import dev.modelcache.ModelPathConflict;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose the file is that stands at a model's place, as far as can be told without reading
 * it.
 */
public enum Occupant {

	/** Nothing stands there. */
	NOTHING,

	/** The file that this cache put there. */
	OURS,

	/** The file that this cache put there, changed since then. */
	CHANGED,

	/**
	 * A file where a copy of this cache was broken off: part of the copy, or what the
	 * user put there since.
	 */
	PART,

	/** A file, a directory or a link that this cache did not put there. */
	OTHERS;

	private static final Logger logger = LoggerFactory.getLogger(Occupant.class);

	private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'")
		.withZone(ZoneOffset.UTC);

	static Occupant of(ModelPlace place, Receipts receipts) throws IOException {
		Path target = place.target();
		if (!Fingerprint.isThere(target)) {
			return NOTHING;
		}
		if (place.conflict() == null || ModelVersions.isPointer(target)) {
			return OURS;
		}
		Fingerprint fingerprint = Files.isSymbolicLink(target) ? null : Fingerprint.of(target);
		Receipt receipt = (fingerprint != null) ? receipts.find(place, fingerprint) : null;
		if (fingerprint == null || receipt == null || !receipt.isOurs(place)) {
			return OTHERS;
		}
		if (receipt.fingerprint().fits(fingerprint)) {
			return OURS;
		}
		if (receipts.isCopying(place)) {
			return (fingerprint.size() == 0) ? OURS : PART;
		}
		return (receipt.doubted() || receipt.fingerprint().fileKey().equals(fingerprint.fileKey())) ? CHANGED : OTHERS;
	}

	/**
	 * Makes way at a place for a file that is about to be published: what was changed
	 * since this cache put it there, or may be, is moved aside, and what this cache did
	 * not put there is moved aside if that is wanted.
	 * @param place the place
	 * @param receipts know what this cache put there
	 * @param now the time that becomes part of the name of a file that is moved aside
	 * @param move moves it there or, where files cannot be moved, copies it
	 * @return the fingerprint of the file that may be replaced, or {@code null} if there
	 * is none
	 * @throws FileAlreadyExistsException if what stands there must stay
	 */
	static @Nullable Fingerprint makeWay(ModelPlace place, Receipts receipts, Instant now, Move move)
			throws IOException {
		Occupant occupant = of(place, receipts);
		if (occupant == CHANGED || occupant == PART
				|| (occupant == OTHERS && place.conflict() == ModelPathConflict.REPLACE)) {
			moveAside(place.target(), now, move, switch (occupant) {
				case CHANGED -> "it was changed after this cache put it there";
				case PART -> "a copy to this path was broken off, and it is not part of the model";
				default -> "this cache did not put it there, and model-path-conflict is 'replace'";
			});
		}
		else if (occupant == OTHERS) {
			throw new FileAlreadyExistsException(place.target().toString(), null, "this cache did not put it there");
		}
		return Fingerprint.of(place.target());
	}

	private static void moveAside(Path target, Instant now, Move move, String why) throws IOException {
		String ending = ".replaced-" + TIME.format(now);
		Path aside = CacheLayout.beside(target, "", ending);
		for (int n = 2; Files.exists(aside, LinkOption.NOFOLLOW_LINKS); n++) {
			aside = CacheLayout.beside(target, "", ending + "-" + n);
		}
		move.move(target, aside);
		FileMoves.forceDirectory(target.getParent());
		logger.warn("{} was moved to {}: {}. Delete it there if it is no longer needed", target, aside, why);
	}

	/** Gives a file another name. */
	@FunctionalInterface
	interface Move {

		/**
		 * Moves it.
		 * @param from the file
		 * @param to its other name, which does not exist
		 * @throws IOException if the disk does not take it
		 */
		void move(Path from, Path to) throws IOException;

	}

}
