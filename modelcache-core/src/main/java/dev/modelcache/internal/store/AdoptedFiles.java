/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.Digest;
import dev.modelcache.internal.store.Receipts.ReceivedFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that need not be fetched, because somebody has them already; and the records of
 * those that are served where they lie, each a receipt beside the receipts.
 * <p>
 * <em>Blocking</em>: all methods. <em>Errors</em>: none; what cannot be read is not
 * there.
 */
public final class AdoptedFiles {

	private static final Logger logger = LoggerFactory.getLogger(AdoptedFiles.class);

	private final AdoptionSettings settings;

	private final CacheLayout layout;

	private final List<CacheLayout> roots;

	private final Receipts receipts;

	AdoptedFiles(AdoptionSettings settings, CacheLayout layout, List<CacheLayout> roots, Receipts receipts) {
		this.roots = roots;
		this.settings = settings;
		this.layout = layout;
		this.receipts = receipts;
	}

	/**
	 * Finds files that should have a digest. Nobody has read them yet.
	 * @param sha256 the digest
	 * @param size their size, or {@code null} where it is not known
	 * @param place the place of the model that is wanted
	 * @return the files, those of other tools first
	 */
	public List<Offer> offers(Digest sha256, @Nullable Long size, ModelPlace place) {
		if (!this.settings.enabled()) {
			return List.of();
		}
		List<Offer> offers = new ArrayList<>();
		new ForeignStores(this.settings).find(sha256, size).forEach((file) -> offers.add(new Offer(file, true)));
		this.roots.forEach((root) -> find(sha256, this.receipts.received(root.receipts(), CacheLayout.RECEIPT))
			.forEach((file) -> offers.add(new Offer(file, true))));
		find(sha256, this.receipts.all(this.layout.receipts(), this.layout.access()))
			.forEach((file) -> offers.add(new Offer(file, false)));
		// A model-path may lead into another tool's store.
		offers.removeIf((offer) -> offer.file().equals(place.target()));
		return offers;
	}

	/** Returns whether other tools have any files. */
	boolean mayHaveFiles() {
		return this.settings.enabled() && !new ForeignStores(this.settings).areEmpty();
	}

	private static List<Path> find(Digest sha256, List<ReceivedFile> files) {
		return files.stream()
			.filter((file) -> file.receipt().digest().equals(sha256) && isUnchanged(file))
			.map(ReceivedFile::target)
			.toList();
	}

	private static boolean isUnchanged(ReceivedFile file) {
		try {
			Fingerprint now = Fingerprint.of(file.target());
			return now != null && file.receipt().fingerprint().fits(now);
		}
		catch (IOException ex) {
			logger.debug("The attributes of {} cannot be read", file.target(), ex);
			return false;
		}
	}

	/**
	 * Returns the file that is served instead of one at a place.
	 * @param place the model's own place
	 * @return the place of the other tool's file, whose receipt is the record; or
	 * {@code null} if there is no record
	 */
	public @Nullable ModelPlace find(ModelPlace place) {
		ReceivedFile adopted = this.settings.enabled() ? this.receipts.received(this.layout.adopted(place)) : null;
		return (adopted != null) ? place(place, adopted.target()) : null;
	}

	/**
	 * Remembers that another tool's file is served instead of one at a place. The file
	 * stays as it is.
	 * @param place the model's own place
	 * @param file the other tool's file
	 * @param receipt what is known about it
	 */
	public void remember(ModelPlace place, Path file, Receipt receipt) {
		this.receipts.write(place(place, file), receipt);
	}

	private ModelPlace place(ModelPlace place, Path file) {
		return new ModelPlace(file, place.lockFile(), this.layout.adopted(place), place.access());
	}

	/**
	 * Forgets the other tool's file that is served instead of one at a place. The file
	 * stays.
	 * @param place the model's own place
	 * @return the file, or {@code null} if none was served
	 */
	public @Nullable Path forget(ModelPlace place) {
		Path adoption = this.layout.adopted(place);
		ReceivedFile adopted = this.receipts.received(adoption);
		try {
			this.receipts.records().delete(adoption);
		}
		catch (IOException ex) {
			logger.debug("The record {} cannot be deleted", adoption, ex);
		}
		return (adopted != null) ? adopted.target() : null;
	}

	/**
	 * A file that should have the digest that is wanted.
	 *
	 * @param file its real path
	 * @param foreign whether it belongs to another tool, which keeps it as long as it
	 * likes, but does not change it
	 */
	public record Offer(Path file, boolean foreign) {

	}

}
