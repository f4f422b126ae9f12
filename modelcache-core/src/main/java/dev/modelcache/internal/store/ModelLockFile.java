/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import org.jspecify.annotations.Nullable;

/**
 * The lock file of an application: which commit, digests and sizes its models had when
 * they were first resolved. It is a text for people and version control; an entry is
 * written once and never changed here, deleting it is how a model is updated.
 * <p>
 * <em>Thread-safety</em>: all methods, also against other processes. <em>Blocking</em>:
 * all methods; {@link #add} waits for other writers. <em>Durability</em>: the file is
 * replaced atomically. <em>Errors</em>: {@link ModelConfigurationException} if it cannot
 * be read or understood.
 */
public final class ModelLockFile {

	private static final String KEY = "hooks.llm.lock-file";

	private static final long LARGEST = 16 << 20;

	private final Path file;

	private final CacheLockFactory locks;

	/**
	 * Creates it.
	 * @param file the file; need not exist
	 * @param locks excludes other writers
	 */
	public ModelLockFile(Path file, CacheLockFactory locks) {
		this.file = file.toAbsolutePath().normalize();
		this.locks = locks;
	}

	/**
	 * Returns where it is.
	 * @return the absolute path
	 */
	public Path path() {
		return this.file;
	}

	/**
	 * Returns what is pinned.
	 * @param modelId the model's id
	 * @param source the source as it is shown
	 * @return the entry, or {@code null}
	 */
	public @Nullable PinnedModel find(String modelId, String source) {
		SortedMap<String, PinnedModel> sources = read(modelId).get(modelId);
		return (sources != null) ? sources.get(source) : null;
	}

	/**
	 * Adds an entry, unless somebody did already.
	 * @param modelId the model's id
	 * @param source the source as it is shown
	 * @param pinned what to pin
	 * @param pause waits between two looks at the lock of another writer; may throw an
	 * exception if the entry is no longer wanted. {@code null} to sleep
	 * @return the entry that is there now
	 * @throws ModelStorageException if the file cannot be written
	 */
	public PinnedModel add(String modelId, String source, PinnedModel pinned, @Nullable Consumer<Duration> pause) {
		try {
			Files.createDirectories(directory());
		}
		catch (IOException ex) {
			throw cannotWrite(modelId, ex);
		}
		try (CacheLock lock = this.locks.acquire(LockRequest.of(modelId, CacheLayout.guard(this.file)).withPause(pause),
				(owner) -> {
				})) {
			SortedMap<String, SortedMap<String, PinnedModel>> models = read(modelId);
			PinnedModel there = models.computeIfAbsent(modelId, (id) -> new TreeMap<>()).putIfAbsent(source, pinned);
			if (there != null) {
				return there;
			}
			write(LockFileFormat.write(models));
			return pinned;
		}
		catch (IOException ex) {
			throw cannotWrite(modelId, ex);
		}
	}

	private SortedMap<String, SortedMap<String, PinnedModel>> read(String modelId) {
		try {
			if (Files.size(this.file) > LARGEST) {
				throw unreadable(modelId, "it has more than " + LARGEST + " bytes");
			}
			return LockFileFormat.read(Files.readAllBytes(this.file));
		}
		catch (NoSuchFileException ex) {
			return new TreeMap<>();
		}
		catch (IOException ex) {
			throw unreadable(modelId, ex.toString());
		}
		catch (IllegalArgumentException ex) {
			throw unreadable(modelId, String.valueOf(ex.getMessage()));
		}
	}

	private void write(byte[] text) throws IOException {
		// What stands at the path may be a link to the file that is meant.
		Path target = Files.exists(this.file) ? this.file.toRealPath() : this.file;
		Path temporary = target.resolveSibling("." + UUID.randomUUID() + ".tmp");
		try {
			try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW,
					StandardOpenOption.WRITE)) {
				ByteBuffer bytes = ByteBuffer.wrap(text);
				while (bytes.hasRemaining()) {
					channel.write(bytes);
				}
				channel.force(true);
			}
			FileMoves.replace(temporary, target);
			FileMoves.forceDirectory(target.getParent());
		}
		finally {
			Files.deleteIfExists(temporary);
		}
	}

	private ModelConfigurationException unreadable(String modelId, String reason) {
		return new ModelConfigurationException(modelId, KEY, this.file + " cannot be read: " + reason,
				"Correct the file, or restore it from version control");
	}

	private Path directory() {
		Path parent = this.file.getParent();
		return (parent != null) ? parent : this.file;
	}

	private ModelStorageException cannotWrite(String modelId, IOException ex) {
		return new ModelStorageException(modelId, directory(),
				"cannot write " + this.file + ": " + DiskFault.reason(ex), ex);
	}

}
