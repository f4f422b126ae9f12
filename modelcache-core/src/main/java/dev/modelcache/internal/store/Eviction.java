/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.Map;
import java.util.HashMap;
import java.util.Set;
import java.util.stream.Collectors;

import dev.modelcache.internal.store.Receipts.ReceivedFile;
import dev.modelcache.ModelStorageException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * Deletes published files: those of one model, or, if the cache's own directory has a
 * largest size, those that were used longest ago, but none that is configured or used by
 * a running application.
 * <p>
 * <em>Blocking</em>: all methods but {@link #isLimited()}.
 */
public final class Eviction {

	private static final Logger logger = LoggerFactory.getLogger(Eviction.class);

	private final StoreSettings settings;

	private final CacheLayout layout;

	private final Receipts receipts;

	private final ModelVersions versions;

	private final @Nullable HubCache hub;

	private final Staging staging;

	private boolean warned;

	Eviction(StoreSettings settings, CacheLayout layout, Receipts receipts, ModelVersions versions,
			@Nullable HubCache hub, Staging staging) {
		this.settings = settings;
		this.layout = layout;
		this.receipts = receipts;
		this.versions = versions;
		this.hub = hub;
		this.staging = staging;
	}

	/**
	 * Deletes a published file, its receipt, and what ended downloads of it left. Its
	 * lock file stays. What cannot be deleted does not keep the rest, and is gone after
	 * another eviction that succeeds.
	 * @param modelId the model's id
	 * @param place the file's place
	 * @param advanced run for each file that is deleted
	 * @param kept is told of each file that stays because this cache did not put it
	 * there, or because it was changed since
	 * @return whether there was a file
	 * @throws ModelStorageException if something is left; says what
	 */
	public boolean evict(String modelId, ModelPlace place, Runnable advanced, Consumer<Path> kept) {
		Leftovers leftovers = new Leftovers(advanced);
		this.staging.users().leave(place);
		boolean existed = leftovers.unless(() -> deleteElsewhere(place, leftovers, kept),
				"the record of the files elsewhere");
		existed |= leftovers.unless(() -> this.versions.delete(place, advanced, kept), CacheLayout.versions(place));
		if (Files.isRegularFile(place.target(), LinkOption.NOFOLLOW_LINKS)) {
			existed |= leftovers.unless(() -> Files.deleteIfExists(place.target()), place.target());
		}
		if (leftovers.unless(() -> !Fingerprint.isThere(place.target()), place.target())) {
			this.receipts.delete(place);
			SourceHistory.delete(place);
		}
		leftovers.unless(() -> this.staging.deletePartials(place), "partial downloads in " + place.directory());
		leftovers.raise(modelId, place, existed);
		return existed;
	}

	private boolean deleteElsewhere(ModelPlace place, Leftovers leftovers, Consumer<Path> kept) throws IOException {
		if (this.hub == null) {
			return false;
		}
		Map<Path, ModelManifest> elsewhere = Elsewhere.all(place, this.receipts.records());
		for (Map.Entry<Path, ModelManifest> version : elsewhere.entrySet()) {
			// What is left is known only from the record.
			if (this.hub.delete(place, version.getKey(), version.getValue(), leftovers, kept)) {
				this.receipts.records().delete(version.getKey());
			}
		}
		return !elsewhere.isEmpty();
	}

	/**
	 * Returns whether the cache's own directory has a maximum size.
	 * @return {@code true} if {@link #shrink} may have something to do
	 */
	public boolean isLimited() {
		return this.settings.maxSize() != null;
	}

	/**
	 * Removes files that have not been used for long, if the cache's own directory holds
	 * more than it may. A cache that stays too large is worth a warning.
	 * @param configured the places of the files that must stay, whether they exist or not
	 */
	public void shrink(Collection<ModelPlace> configured) {
		DataSize largest = this.settings.maxSize();
		if (largest == null) {
			return;
		}
		long excess = DirectorySize.of(this.settings.directory()) - largest.toBytes();
		if (excess > 0) {
			Set<Path> kept = configured.stream()
				.filter((place) -> this.layout.isChosen(place.target()))
				.map(ModelPlace::directory)
				.collect(Collectors.toSet());
			for (Removable file : removable(kept)) {
				excess -= (excess > 0) ? remove(file, largest) : 0;
			}
		}
		if (excess > 0 && !this.warned) {
			logger.warn(
					"{} holds {} bytes more than hooks.llm.cache.max-size={} allows, and no other file can be evicted: "
							+ "each one is configured, in use or not as this cache stored it",
					this.settings.directory(), excess, largest);
		}
		this.warned = excess > 0;
	}

	/** Each URL has a directory of its own: all that is in it belongs to one model. */
	private List<Removable> removable(Set<Path> kept) {
		Map<ModelPlace, Removable> models = new HashMap<>();
		for (ReceivedFile file : this.receipts.all(this.layout.receipts(), this.layout.access())) {
			boolean ours = file.receipt().sourceKey() != null && file.receipt().isOurs(placeOf(file))
					&& this.layout.isChosen(file.target()) && this.layout.isReceiptOf(file.file(), file.target());
			FileTime lastUse = (ours && Files.isWritable(file.target().resolveSibling(""))) ? lastUse(file) : null;
			if (lastUse != null && kept.stream().noneMatch(file.target()::startsWith)) {
				ModelPlace model = this.layout.modelOf(file.target());
				models.merge(model, new Removable(model, List.of(file), lastUse), Removable::with);
			}
		}
		return models.values().stream().sorted(Comparator.comparing(Removable::lastUse)).toList();
	}

	/** Returns when a file was used, or null if it is not there. */
	private static @Nullable FileTime lastUse(ReceivedFile file) {
		try {
			return Files.isRegularFile(file.target()) ? Files.getLastModifiedTime(file.file()) : null;
		}
		catch (IOException ex) {
			return null;
		}
	}

	private long remove(Removable removable, DataSize largest) {
		ModelPlace place = removable.model();
		long[] size = { 0 };
		try {
			this.staging.users().ifUnused(place.receipt(), () -> {
				if (removable.isUnchanged() && removable.isAsPublished()
						&& this.versions.filesOfOthers(place).isEmpty()) {
					size[0] = removable.size();
					if (!this.versions.delete(place, () -> {
					}, (file) -> logger.debug("{} stays", file))) {
						Files.deleteIfExists(place.target());
					}
					removable.files().forEach((file) -> this.receipts.delete(placeOf(file)));
					SourceHistory.delete(place);
					logger.info(
							"Evicted {} ({} bytes, last used {}, from {}): the cache holds more than"
									+ " hooks.llm.cache.max-size={}",
							place.target(), size[0], removable.lastUse(), removable.files().get(0).receipt().source(),
							largest);
				}
			});
		}
		catch (IOException ex) {
			logger.warn("{} cannot be evicted: {}", place.target(), ex.toString());
		}
		return size[0];
	}

	private ModelPlace placeOf(ReceivedFile file) {
		return new ModelPlace(file.target(), file.target(), file.file(), this.layout.access());
	}

	/** A model that may go, with all its files or not at all. */
	private record Removable(ModelPlace model, List<ReceivedFile> files, FileTime lastUse) {

		Removable with(Removable other) {
			List<ReceivedFile> all = Stream.concat(this.files.stream(), other.files.stream()).toList();
			return new Removable(this.model, all,
					(this.lastUse.compareTo(other.lastUse) >= 0) ? this.lastUse : other.lastUse);
		}

		long size() {
			return this.files.stream().mapToLong((file) -> file.receipt().fingerprint().size()).sum();
		}

		/** What was changed or replaced since then is the user's. */
		boolean isAsPublished() throws IOException {
			for (ReceivedFile file : this.files) {
				Fingerprint now = Fingerprint.of(file.target());
				if (now != null && !file.receipt().fingerprint().fits(now)) {
					return false;
				}
			}
			return true;
		}

		boolean isUnchanged() {
			return this.files.stream()
				.map(Eviction::lastUse)
				.allMatch((last) -> last == null || last.compareTo(this.lastUse) <= 0);
		}

	}

}
