package dev.modelcache.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.modelcache.store.Receipts.ReceivedFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * Keeps the cache's own directory below its largest size: files that this cache published
 * there go, the one that was used longest ago first, but none that is configured or used
 * by a running application.
 * <p>
 * <em>Errors</em>: none; a cache that stays too large is worth a warning.
 */
final class CacheEviction {

	private static final Logger logger = LoggerFactory.getLogger(CacheEviction.class);

	private final StoreSettings settings;

	private final CacheLayout layout;

	private final Receipts receipts;

	private final ModelsInUse inUse;

	private boolean warned;

	CacheEviction(StoreSettings settings, CacheLayout layout, Receipts receipts, ModelsInUse inUse) {
		this.settings = settings;
		this.layout = layout;
		this.receipts = receipts;
		this.inUse = inUse;
	}

	/**
	 * Removes what is too much.
	 * @param configured the places of the files that must stay, whether they exist or not
	 */
	synchronized void run(Collection<ModelPlace> configured) {
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
			logger.warn("{} holds {} bytes more than hooks.llm.cache.max-size={} allows, and all that could go is"
					+ " configured or in use", this.settings.directory(), excess, largest);
		}
		this.warned = excess > 0;
	}

	/** Each URL has a directory of its own: all that is in it belongs to one model. */
	private List<Removable> removable(Set<Path> kept) {
		List<Removable> files = new ArrayList<>();
		for (ReceivedFile file : this.receipts.all(this.layout.receipts())) {
			boolean ours = file.receipt().sourceKey() != null && this.layout.isChosen(file.target())
					&& this.layout.isReceiptOf(file.file(), file.target());
			FileTime lastUse = ours ? lastUse(file) : null;
			if (lastUse != null && kept.stream().noneMatch(file.target()::startsWith)) {
				files.add(new Removable(file, lastUse));
			}
		}
		files.sort(Comparator.comparing(Removable::lastUse));
		return files;
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
		ReceivedFile file = removable.file();
		ModelPlace place = new ModelPlace(file.target(), file.target(), file.file());
		long[] size = { 0 };
		try {
			this.inUse.ifUnused(file.file(), () -> {
				if (removable.lastUse().equals(lastUse(file))) {
					size[0] = Files.size(file.target());
					Files.delete(file.target());
					this.receipts.delete(place);
					logger.info(
							"Evicted {} ({} bytes, last used {}, from {}): the cache holds more than"
									+ " hooks.llm.cache.max-size={}",
							file.target(), size[0], removable.lastUse(), file.receipt().source(), largest);
				}
			});
		}
		catch (IOException ex) {
			logger.warn("{} cannot be evicted: {}", file.target(), ex.toString());
		}
		return size[0];
	}

	private record Removable(ReceivedFile file, FileTime lastUse) {

	}

}
