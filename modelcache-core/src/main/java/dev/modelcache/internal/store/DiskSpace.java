package dev.modelcache.internal.store;

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
	void reserve(Object owner, String modelId, ModelPlace place, DataSize remaining) {
		reserve(owner, modelId, place, remaining, remaining);
	}

	/**
	 * Notes what is written next to a file whose size is not known, instead of what was
	 * noted before.
	 * @param owner who writes
	 * @param modelId the model's id
	 * @param place where; its directory exists
	 * @param most the most bytes that are wanted at once; more than 0
	 * @return the bytes that may be written before the next call: as many as wanted, or
	 * as many as fit
	 * @throws ModelStorageException if nothing more fits: needs, has, where
	 */
	DataSize reserveUpTo(Object owner, String modelId, ModelPlace place, DataSize most) {
		return reserve(owner, modelId, place, DataSize.ofBytes(1), most);
	}

	private synchronized DataSize reserve(Object owner, String modelId, ModelPlace place, DataSize least,
			DataSize most) {
		try {
			FileStore disk = Files.getFileStore(place.directory());
			this.needs.remove(owner);
			long others = this.needs.values()
				.stream()
				.filter((need) -> need.disk().equals(disk))
				.mapToLong(Need::bytes)
				.sum();
			long kept = Math.addExact(others, this.leftFree.toBytes());
			DataSize needed = DataSize.ofBytes(Math.addExact(least.toBytes(), kept));
			DataSize usable = DataSize.ofBytes(disk.getUsableSpace());
			if (usable.compareTo(needed) < 0) {
				throw new ModelStorageException(modelId, place.directory(), needed, usable);
			}
			long granted = Math.min(most.toBytes(), usable.toBytes() - kept);
			this.needs.put(owner, new Need(disk, granted));
			return DataSize.ofBytes(granted);
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
