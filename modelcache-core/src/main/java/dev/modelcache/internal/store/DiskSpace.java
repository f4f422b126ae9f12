/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskFault;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * The space that this process's downloads will still need, so that those that run
 * together do not each count on the same free space. What a download has written is part
 * of the disk's used space, and is no longer counted here. A disk that does not tell its
 * free space takes everything until a write fails.
 * <p>
 * <em>Thread-safety</em>: all methods; the disk is asked outside the monitor.
 */
final class DiskSpace {

	private static final Logger logger = LoggerFactory.getLogger(DiskSpace.class);

	private static final DataSize MOST_LEFT_FREE = DataSize.ofMegabytes(512);

	private static final int SHARE_LEFT_FREE = 20;

	private final @Nullable DataSize leftFree;

	private final Disks disks;

	private final AtomicBoolean warned = new AtomicBoolean();

	private final Map<Object, Need> needs = new IdentityHashMap<>();

	/** Counts the changes of the needs. */
	private long changes;

	/**
	 * Creates it.
	 * @param leftFree what all downloads together leave free, or {@code null} for the
	 * default
	 */
	DiskSpace(@Nullable DataSize leftFree) {
		this(leftFree, Files::getFileStore);
	}

	DiskSpace(@Nullable DataSize leftFree, Disks disks) {
		this.leftFree = leftFree;
		this.disks = disks;
	}

	/**
	 * Returns what is free on the disk of a directory.
	 * @param directory the directory, which exists
	 * @return the space, or {@code null} if the disk does not tell: some network and
	 * object file systems say that 0 of 0 bytes are free, and without a mount table Java
	 * does not find the disk
	 */
	@Nullable DataSize free(Path directory) {
		FileStore disk = disk(directory);
		return (disk != null) ? usable(disk, directory) : null;
	}

	/**
	 * Returns how large a file may be for its disk.
	 * @param directory a directory of the disk, which exists
	 * @return what is free, without what is left free; without a limit where the disk
	 * does not tell
	 */
	DataSize room(Path directory) {
		FileStore disk = disk(directory);
		DataSize usable = (disk != null) ? usable(disk, directory) : null;
		return DataSize.ofBytes((disk != null && usable != null)
				? Math.max(0, usable.toBytes() - reserve(this.leftFree, disk)) : Long.MAX_VALUE);
	}

	/**
	 * Returns what downloads leave free on a disk: a configured size, or 512 MB or 5 % of
	 * the disk, whichever is less.
	 * @param leftFree the configured size, or {@code null} for the default
	 * @param disk the disk
	 * @return the number of bytes
	 */
	static long reserve(@Nullable DataSize leftFree, FileStore disk) {
		if (leftFree != null) {
			return leftFree.toBytes();
		}
		long total = total(disk);
		return (total > 0) ? Math.min(MOST_LEFT_FREE.toBytes(), total / SHARE_LEFT_FREE) : MOST_LEFT_FREE.toBytes();
	}

	/** Returns 0 or less where the size is not known. */
	private static long total(FileStore disk) {
		try {
			return disk.getTotalSpace();
		}
		catch (IOException | RuntimeException ex) {
			return 0;
		}
	}

	/**
	 * Returns whether a disk could take a file if nothing else was on it.
	 * @param directory the directory of the file, which exists
	 * @param size the size of the file
	 * @return {@code true} also where the disk does not tell its size
	 */
	boolean isLargeEnough(Path directory, DataSize size) {
		FileStore disk = disk(directory);
		long total = (disk != null) ? total(disk) : 0;
		return disk == null || total <= 0 || total - reserve(this.leftFree, disk) >= size.toBytes();
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
		release(owner);
		DataSize granted = null;
		while (granted == null) {
			granted = tryReserve(owner, modelId, place, least, most, written);
		}
		return granted;
	}

	/** Returns null if the disk cannot be found. */
	private @Nullable FileStore disk(Path directory) {
		try {
			return this.disks.of(directory);
		}
		catch (IOException | RuntimeException ex) {
			unknown(directory, DiskFault.reason(ex));
			return null;
		}
	}

	/** Returns null if the disk does not tell. */
	private @Nullable DataSize usable(FileStore disk, Path directory) {
		try {
			long usable = disk.getUsableSpace();
			if (usable > 0 || (usable == 0 && total(disk) > 0)) {
				return DataSize.ofBytes(usable);
			}
			unknown(directory, usable + " of " + total(disk) + " bytes");
		}
		catch (IOException | RuntimeException ex) {
			unknown(directory, DiskFault.reason(ex));
		}
		return null;
	}

	private void unknown(Path directory, String why) {
		if (!this.warned.getAndSet(true)) {
			logger.warn("The free space of {} is unknown ({}). Downloads go on without checking that they fit,"
					+ " and hooks.llm.cache.min-free-space does not apply there", directory, why);
		}
	}

	/** Returns null if other needs have changed meanwhile. */
	private @Nullable DataSize tryReserve(Object owner, String modelId, ModelPlace place, DataSize least, DataSize most,
			LongSupplier written) {
		FileStore disk = disk(place.directory());
		if (disk == null) {
			return most;
		}
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
		DataSize usable = usable(disk, place.directory());
		if (usable == null) {
			return most;
		}
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

	/** Finds the disk of a directory. */
	@FunctionalInterface
	interface Disks {

		FileStore of(Path directory) throws IOException;

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
