package dev.modelcache.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.IdentityHashMap;
import java.util.Map;

import dev.modelcache.ModelStorageException;
import org.springframework.util.unit.DataSize;

/**
 * The space that this process's downloads will still need, so that those that run
 * together do not each count on the same free space.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class DiskSpace {

	private final DataSize leftFree;

	private final Map<Object, Need> needs = new IdentityHashMap<>();

	/**
	 * Creates it.
	 * @param leftFree what all downloads together leave free
	 */
	DiskSpace(DataSize leftFree) {
		this.leftFree = leftFree;
	}

	/**
	 * Notes what somebody will still write, instead of what was noted before.
	 * @param owner who writes
	 * @param modelId the model's id
	 * @param place where; its directory exists
	 * @param remaining the bytes still to be written
	 * @throws ModelStorageException if they do not fit: needs, has, where
	 */
	synchronized void reserve(Object owner, String modelId, ModelPlace place, DataSize remaining) {
		try {
			FileStore disk = Files.getFileStore(place.directory());
			this.needs.remove(owner);
			long others = this.needs.values()
				.stream()
				.filter((need) -> need.disk().equals(disk))
				.mapToLong(Need::bytes)
				.sum();
			DataSize needed = DataSize
				.ofBytes(Math.addExact(Math.addExact(remaining.toBytes(), others), this.leftFree.toBytes()));
			DataSize usable = DataSize.ofBytes(disk.getUsableSpace());
			if (usable.compareTo(needed) < 0) {
				throw new ModelStorageException(modelId, place.directory(), needed, usable);
			}
			this.needs.put(owner, new Need(disk, remaining.toBytes()));
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, place.directory(),
					"cannot ask for the free space of " + place.directory() + ": " + ex, ex);
		}
	}

	/** Forgets what somebody wanted to write. */
	synchronized void release(Object owner) {
		this.needs.remove(owner);
	}

	private record Need(FileStore disk, long bytes) {

	}

}
