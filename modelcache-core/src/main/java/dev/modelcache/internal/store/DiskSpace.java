/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

import dev.modelcache.ModelStorageException;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * The space that this process's downloads will still need, so that those that run
 * together do not each count on the same free space. What a download has written is part
 * of the disk's used space, and is no longer counted here.
 * <p>
 * <em>Thread-safety</em>: all methods; the disk is asked outside the monitor.
 */
final class DiskSpace {

	private static final DataSize MOST_LEFT_FREE = DataSize.ofMegabytes(512);

	private static final int SHARE_LEFT_FREE = 20;

	private final @Nullable DataSize leftFree;

	private final UsableSpace usableSpace;

	private final Map<Object, Need> needs = new IdentityHashMap<>();

	/** Counts the changes of the needs. */
	private long changes;

	/**
	 * Creates it.
	 * @param leftFree what all downloads together leave free, or {@code null} for the
	 * default
	 */
	DiskSpace(@Nullable DataSize leftFree) {
		this(leftFree, FileStore::getUsableSpace);
	}

	DiskSpace(@Nullable DataSize leftFree, UsableSpace usableSpace) {
		this.leftFree = leftFree;
		this.usableSpace = usableSpace;
	}

	/**
	 * Returns what downloads leave free on a disk: a configured size, or 512 MB or 5 % of
	 * the disk, whichever is less.
	 * @param leftFree the configured size, or {@code null} for the default
	 * @param disk the disk
	 * @return the number of bytes
	 */
	static long reserve(@Nullable DataSize leftFree, FileStore disk) throws IOException {
		if (leftFree != null) {
			return leftFree.toBytes();
		}
		long total = disk.getTotalSpace();
		// 0 where the size is not known.
		return (total > 0) ? Math.min(MOST_LEFT_FREE.toBytes(), total / SHARE_LEFT_FREE) : MOST_LEFT_FREE.toBytes();
	}

	/**
	 * Notes what somebody will still write, instead of what was noted before.
	 * @param owner who writes
	 * @param modelId the model's id
	 * @param place where; its directory exists
	 * @param remaining the bytes still to be written
	 * @param written returns how many bytes the owner has written in all; called on other
	 * threads, and does not block
	 * @throws ModelStorageException if they do not fit: needs, has, where
	 */
	void reserve(Object owner, String modelId, ModelPlace place, DataSize remaining, LongSupplier written) {
		reserve(owner, modelId, place, remaining, remaining, written);
	}

	/**
	 * Notes what is written next to a file whose size is not known, instead of what was
	 * noted before.
	 * @param owner who writes
	 * @param modelId the model's id
	 * @param place where; its directory exists
	 * @param most the most bytes that are wanted at once; more than 0
	 * @param written returns how many bytes the owner has written in all; called on other
	 * threads, and does not block
	 * @return the bytes that may be written before the next call: as many as wanted, or
	 * as many as fit
	 * @throws ModelStorageException if nothing more fits: needs, has, where
	 */
	DataSize reserveUpTo(Object owner, String modelId, ModelPlace place, DataSize most, LongSupplier written) {
		return reserve(owner, modelId, place, DataSize.ofBytes(1), most, written);
	}

	private DataSize reserve(Object owner, String modelId, ModelPlace place, DataSize least, DataSize most,
			LongSupplier written) {
		try {
			FileStore disk = Files.getFileStore(place.directory());
			release(owner);
			DataSize granted = null;
			while (granted == null) {
				granted = tryReserve(owner, modelId, place, disk, least, most, written);
			}
			return granted;
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, place.directory(),
					"cannot ask for the free space of " + place.directory() + ": " + ex, ex);
		}
	}

	/** Returns null if other needs have changed meanwhile. */
	private @Nullable DataSize tryReserve(Object owner, String modelId, ModelPlace place, FileStore disk,
			DataSize least, DataSize most, LongSupplier written) throws IOException {
		List<Need> others;
		long seen;
		synchronized (this) {
			others = List.copyOf(this.needs.values());
			seen = this.changes;
		}
		long reserved = reserve(this.leftFree, disk);
		long kept = reserved;
		for (Need other : others) {
			if (other.disk().equals(disk)) {
				kept = Math.addExact(kept, other.remaining());
			}
		}
		DataSize needed = DataSize.ofBytes(Math.addExact(least.toBytes(), kept));
		DataSize usable = DataSize.ofBytes(this.usableSpace.of(disk));
		long granted = Math.min(most.toBytes(), usable.toBytes() - kept);
		Need need = new Need(disk, granted, written.getAsLong(), written);
		synchronized (this) {
			if (this.changes != seen) {
				return null;
			}
			if (usable.compareTo(needed) < 0) {
				throw new ModelStorageException(modelId, place.directory(), needed, DataSize.ofBytes(reserved), usable);
			}
			this.needs.put(owner, need);
			this.changes++;
			return DataSize.ofBytes(granted);
		}
	}

	/** Forgets what somebody wanted to write. */
	synchronized void release(Object owner) {
		if (this.needs.remove(owner) != null) {
			this.changes++;
		}
	}

	/** Asks a disk for its free space. */
	@FunctionalInterface
	interface UsableSpace {

		long of(FileStore disk) throws IOException;

	}

	/**
	 * What somebody wanted to write.
	 *
	 * @param disk where
	 * @param granted how many bytes were to be written
	 * @param before how many bytes had been written then
	 * @param written returns how many bytes have been written
	 */
	private record Need(FileStore disk, long granted, long before, LongSupplier written) {

		long remaining() {
			return Math.max(0, this.granted - (this.written.getAsLong() - this.before));
		}

	}

}
