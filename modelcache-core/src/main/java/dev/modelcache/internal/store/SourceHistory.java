/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The revisions of its source that a model was served at, such as commits. It is kept
 * beside the receipts.
 * <p>
 * <em>Blocking</em>: {@link #read}, {@link #write} and {@link #delete}. <em>Errors</em>:
 * none; where a history cannot be written, an older revision is not recognized.
 *
 * @param sourceKey the {@link CacheLayout#sourceKey key} of the source
 * @param revisions what the source calls them, the present one last; at most 100
 * @param modified when the present one was made, as its source says, or {@code null}
 * where that is unknown
 */
public record SourceHistory(String sourceKey, List<String> revisions, @Nullable Instant modified) {

	private static final Logger logger = LoggerFactory.getLogger(SourceHistory.class);

	private static final int LONGEST = 100;

	private static final String KEY = "source-key";

	private static final String REVISION = "revision.";

	private static final String MODIFIED = "modified";

	/**
	 * Creates a history.
	 */
	public SourceHistory {
		revisions = List.copyOf(revisions);
	}

	/**
	 * Reads the history of a model.
	 * @param place the model's place
	 * @param sourceKey the key of its source
	 * @return the history, empty where there is none of this source
	 */
	public static SourceHistory read(ModelPlace place, String sourceKey) {
		SourceHistory none = new SourceHistory(sourceKey, List.of(), null);
		Properties properties = PropertiesFiles.read(CacheLayout.history(place));
		if (properties == null || !sourceKey.equals(properties.getProperty(KEY))) {
			return none;
		}
		List<String> revisions = new ArrayList<>();
		for (int i = 0; i < LONGEST && properties.getProperty(REVISION + i) != null; i++) {
			revisions.add(properties.getProperty(REVISION + i));
		}
		try {
			String modified = properties.getProperty(MODIFIED);
			return new SourceHistory(sourceKey, revisions, (modified != null) ? Instant.parse(modified) : null);
		}
		catch (DateTimeException ex) {
			return none;
		}
	}

	/**
	 * Returns the revision that is served.
	 * @return the revision, or {@code null} where none is known
	 */
	public @Nullable String present() {
		return this.revisions.isEmpty() ? null : this.revisions.get(this.revisions.size() - 1);
	}

	/**
	 * Returns why a revision is older than the present one.
	 * @param revision the revision
	 * @param date when it was made, as its source says, or {@code null}
	 * @return the reason, to follow the revision's name, or {@code null} if it is the
	 * present one or nothing shows that it is older
	 */
	public @Nullable String whyOlder(String revision, @Nullable Instant date) {
		String present = present();
		if (present == null || revision.equals(present)) {
			return null;
		}
		if (this.revisions.contains(revision)) {
			return "which was served before " + present;
		}
		return (date != null && this.modified != null && date.isBefore(this.modified))
				? "which is of " + date + ", and so older than " + present + " of " + this.modified : null;
	}

	/**
	 * Returns the history with another present revision. What was served since then is
	 * forgotten if it is one that was served before.
	 * @param revision the revision
	 * @param date when it was made, as its source says, or {@code null}
	 * @return the history
	 */
	public SourceHistory with(String revision, @Nullable Instant date) {
		int before = this.revisions.indexOf(revision);
		List<String> all = new ArrayList<>(this.revisions.subList(0, (before >= 0) ? before : this.revisions.size()));
		all.add(revision);
		Instant known = (date == null && revision.equals(present())) ? this.modified : date;
		return new SourceHistory(this.sourceKey, all.subList(Math.max(0, all.size() - LONGEST), all.size()), known);
	}

	/**
	 * Writes it down.
	 * @param place the model's place
	 */
	public void write(ModelPlace place) {
		Properties properties = new Properties();
		properties.setProperty(KEY, this.sourceKey);
		for (int i = 0; i < this.revisions.size(); i++) {
			properties.setProperty(REVISION + i, this.revisions.get(i));
		}
		if (this.modified != null) {
			properties.setProperty(MODIFIED, this.modified.toString());
		}
		try {
			PropertiesFiles.write(CacheLayout.history(place), properties, place.access());
		}
		catch (IOException ex) {
			logger.debug("The history of {} cannot be written", place.target(), ex);
		}
	}

	/** Forgets the history of a model. */
	static void delete(ModelPlace place) {
		try {
			Files.deleteIfExists(CacheLayout.history(place));
		}
		catch (IOException ex) {
			logger.debug("The history of {} cannot be deleted", place.target(), ex);
		}
	}

}
