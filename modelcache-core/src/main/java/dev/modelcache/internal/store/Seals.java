/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.store.Mounts.Access;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sealed records, each beside the file that it is about: <pre>
 * .&lt;file name&gt;.sealed   its digest, its size and its name, but neither its times nor its inode
 * </pre> so that they hold for a copy of both, such as the layer of an image. On a
 * read-only file system a record proves its file; elsewhere it says what the file must be
 * when it is read. A record counts only if it is in the same hands as this process: where
 * other users than root and that of this process can write it, its file or their
 * directories, it is ignored, unless the whole file system is immutable.
 * <p>
 * <em>Blocking</em>: all methods but {@link #isWriting()}. <em>Errors</em>: none; a
 * record that cannot be read is none.
 */
final class Seals {

	private static final Logger logger = LoggerFactory.getLogger(Seals.class);

	private static final String NAME = "name";

	private static final long LARGEST = 1 << 20;

	/** File systems take 255 bytes. */
	private static final int LONGEST_NAME = 255;

	private static final int WRITABLE_BY_OTHERS = 0022;

	private final boolean writing;

	private final boolean trusting;

	private final List<CacheLayout> roots;

	private final Function<Path, Access> access;

	private final Set<Path> said = ConcurrentHashMap.newKeySet();

	/**
	 * Creates it.
	 * @param writing whether to write records
	 * @param trusting whether records prove files on read-only file systems
	 * @param roots caches that others filled, where nothing is written
	 */
	Seals(boolean writing, boolean trusting, List<CacheLayout> roots) {
		this(writing, trusting, roots, Mounts::of);
	}

	Seals(boolean writing, boolean trusting, List<CacheLayout> roots, Function<Path, Access> access) {
		this.writing = writing;
		this.trusting = trusting;
		this.roots = roots;
		this.access = access;
	}

	boolean isWriting() {
		return this.writing;
	}

	/**
	 * Returns what the record of a file says.
	 * @param target the file
	 * @param now its present fingerprint
	 * @return a receipt, which fits the fingerprint if the record proves the file; or
	 * {@code null} where there is no record that counts
	 */
	@Nullable Receipt find(Path target, Fingerprint now) {
		try {
			Path file = target.toRealPath();
			Path record = recordOf(file);
			if (!Files.isRegularFile(record, LinkOption.NOFOLLOW_LINKS) || Files.size(record) > LARGEST) {
				return null;
			}
			Access access = access(target, file, record);
			if (access == null) {
				return null;
			}
			Properties properties = PropertiesFiles.read(record);
			Receipt sealed = (properties != null && file.getFileName().toString().equals(properties.getProperty(NAME)))
					? Receipt.fromProperties(properties) : null;
			if (sealed == null || sealed.fingerprint().size() != now.size()) {
				return null;
			}
			return (access != Access.WRITABLE && this.trusting) ? sealed.reissued(now, sealed.verifiedAt()) : sealed;
		}
		catch (IOException ex) {
			logger.debug("The sealed record of {} cannot be read", target, ex);
			return null;
		}
	}

	/**
	 * Returns the receipt that a cache has which others filled with a file.
	 * @param target the file
	 * @return the receipt, or {@code null} if there is none that counts
	 */
	@Nullable Receipt filled(Path target) {
		for (CacheLayout root : this.roots) {
			Properties properties = root.contains(target) ? record(root.receiptOf(target), target) : null;
			if (properties != null) {
				return Receipt.fromProperties(properties);
			}
		}
		return null;
	}

	/** Returns a record of a cache that others filled, or null if it does not count. */
	@Nullable Properties record(Path record, Path about) {
		try {
			boolean counts = Files.isRegularFile(record, LinkOption.NOFOLLOW_LINKS)
					&& access(about, about.toRealPath(), record) != null;
			return counts ? PropertiesFiles.read(record) : null;
		}
		catch (IOException ex) {
			logger.debug("The record {} cannot be read", record, ex);
			return null;
		}
	}

	/** Returns who can write a file and its record, or null if other users can. */
	private @Nullable Access access(Path target, Path file, Path record) throws IOException {
		Path directory = file.resolveSibling("");
		Path seen = target.resolveSibling("").toRealPath();
		Access access = least(this.access.apply(directory), this.access.apply(seen));
		access = least(access, this.access.apply(record.resolveSibling("")));
		if (access == Access.IMMUTABLE) {
			return access;
		}
		FileOwner self = FileOwner.ofProcess();
		for (Path path : List.of(record, record.resolveSibling(""), file, directory, seen)) {
			if (!isSafe(path, self)) {
				if (this.said.add(record)) {
					logger.warn("The sealed record {} is ignored, because other users can change {}: the whole model is"
							+ " read, at each start if hooks.llm.cache.directory is not kept. Give the file, the record"
							+ " and their directories to root or to this user, without write permission for others"
							+ " (chown, chmod go-w), or mount them from an image or a read-only file system", record,
							path);
				}
				return null;
			}
		}
		return access;
	}

	private static Access least(Access one, Access other) {
		return (one.compareTo(other) < 0) ? one : other;
	}

	private static boolean isSafe(Path path, FileOwner self) throws IOException {
		if (self.id() == null || !path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
			return self.id() == null;
		}
		Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
		int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
		return (owner.equals(0) || owner.equals(self.id())) && (mode & WRITABLE_BY_OTHERS) == 0;
	}

	/**
	 * Writes the record of a file, unless it is there.
	 * @param target the file
	 * @param receipt what is known about it
	 */
	void write(Path target, Receipt receipt) {
		try {
			Path file = target.toRealPath();
			if (this.roots.stream().anyMatch((root) -> root.contains(file))) {
				return;
			}
			Path record = recordOf(file);
			Properties properties = receipt
				.reissued(new Fingerprint(receipt.fingerprint().size(), "", ""), receipt.verifiedAt())
				.toProperties();
			properties.setProperty(NAME, file.getFileName().toString());
			Properties before = Files.isRegularFile(record, LinkOption.NOFOLLOW_LINKS) ? PropertiesFiles.read(record)
					: null;
			if (this.access.apply(file.resolveSibling("")) == Access.WRITABLE) {
				if (!properties.equals(before)) {
					PropertiesFiles.write(record, properties, FileAccess.PRIVATE);
				}
				shareAs(file, record);
			}
		}
		catch (IOException ex) {
			if (this.said.add(target)) {
				logger.warn("{} has no sealed record: {}. A copy of it in an image or on a read-only volume is read"
						+ " again at each start", target, ex.toString());
			}
		}
	}

	/** Who may read the file may read its record, also if the file was shared later. */
	private static void shareAs(Path file, Path record) throws IOException {
		if (record.getFileSystem().supportedFileAttributeViews().contains("posix")) {
			Set<PosixFilePermission> permissions = EnumSet.of(PosixFilePermission.OWNER_READ,
					PosixFilePermission.OWNER_WRITE);
			Files.getPosixFilePermissions(file)
				.stream()
				.filter((permission) -> permission.name().endsWith("_READ"))
				.forEach(permissions::add);
			FileAccess.set(record, permissions);
		}
	}

	/**
	 * Deletes the record of a file.
	 * @param target the file, which may have gone
	 */
	void delete(Path target) {
		if (this.roots.stream().anyMatch((root) -> root.contains(target))) {
			return;
		}
		try {
			Files.deleteIfExists(recordOf(target));
			if (Files.isSymbolicLink(target)) {
				Files.deleteIfExists(recordOf(target.toRealPath()));
			}
		}
		catch (NoSuchFileException ex) {
			logger.trace("No file {}", target);
		}
		catch (IOException ex) {
			logger.debug("The sealed record of {} cannot be deleted", target, ex);
		}
	}

	/** Returns where the record of a file stands. */
	static Path recordOf(Path file) {
		String name = "." + file.getFileName() + ".sealed";
		boolean fits = name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME;
		return file.resolveSibling(fits ? name : "." + CacheLayout.key(file.getFileName().toString()) + ".sealed");
	}

}
