/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.ExclusiveFile;
import dev.modelcache.internal.lock.ExclusiveFiles;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * Tries with a small file, before anything is fetched, whether a model can be published
 * in a directory: its file must be written at any position, forced to disk, renamed over
 * another one, and have no more permissions than it should. Whether it can be locked, and
 * keeps its device and inode when it is renamed, is found out as well. A file system that
 * can do all of it is tried once; what is missing may be so in one directory only, or for
 * a while.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: {@link #of}, for a few system
 * calls the first time.
 */
final class DirectoryProbe {

	private static final Logger logger = LoggerFactory.getLogger(DirectoryProbe.class);

	/** What is tried out has the name of a staged file of this one, but no journal. */
	static final String NAME = "probe";

	/** Behind the first page, so that a gap is left. */
	private static final int GAP = 8192;

	/** With less, a write may fail for want of space. */
	private static final DataSize ROOM = DataSize.ofMegabytes(1);

	private static final String WITHOUT_LOCKS = "Processes that share it wait for each other by the notes in their lock"
			+ " files";

	private static final String NOT_REMOVED = ", and no model is removed there for hooks.llm.cache.max-size, because its"
			+ " users on other machines cannot be seen.";

	private final FileRules rules;

	private final ExclusiveFiles files;

	private final Map<Volume, Ability> known = new ConcurrentHashMap<>();

	private final Set<Object> withoutLocks = ConcurrentHashMap.newKeySet();

	DirectoryProbe(FileRules rules, ExclusiveFiles files) {
		this.rules = rules;
		this.files = files;
	}

	/**
	 * Returns what can be done in a directory.
	 * @param modelId the id of the model that is to be published
	 * @param place its place, whose directory exists
	 * @return what is known; a directory that cannot be tried counts as one that can do
	 * everything, because what is done there next fails with a better reason
	 * @throws ModelStorageException if files would have more permissions than they
	 * should, or cannot be made durable
	 */
	Ability of(String modelId, ModelPlace place) {
		try {
			Volume volume = Volume.of(place);
			Ability ability = this.known.get(volume);
			if (ability == null) {
				ability = tryOut(place);
				if (ability.obstacle() == null) {
					this.known.put(volume, ability);
					if (!ability.locks() && this.withoutLocks.add(volume.device())) {
						logger.warn("The file system of {} has no file locks. {}", place.directory(),
								WITHOUT_LOCKS + ((place.conflict() == null && !place.shared()) ? NOT_REMOVED : "."));
					}
				}
			}
			return ability;
		}
		catch (TooWideException ex) {
			throw tooWide(modelId, place, ex);
		}
		catch (NotDurableException ex) {
			throw new ModelStorageException(modelId, place.directory(),
					"a model cannot be published in " + place.directory()
							+ ": the file system there does not make files durable (" + DiskFault.reason(ex.failure)
							+ ")",
					"Use a directory on another file system", ex.failure);
		}
		catch (IOException ex) {
			logger.debug("{} cannot be probed", place.directory(), ex);
			return Ability.ALL;
		}
	}

	/**
	 * Returns whether files keep device and inode when they are renamed, which is assumed
	 * where nothing can be written.
	 * @throws IOException if there is no directory
	 */
	boolean keepsKeys(ModelPlace place) throws IOException {
		Ability ability = this.known.get(Volume.of(place));
		try {
			return ((ability != null) ? ability : tryOut(place)).keepsKeys();
		}
		catch (IOException ex) {
			logger.debug("{} cannot be probed", place.directory(), ex);
			return true;
		}
	}

	private static ModelStorageException tooWide(String modelId, ModelPlace place, TooWideException failure) {
		boolean writable = failure.mode.charAt(4) == 'w' || failure.mode.charAt(7) == 'w';
		return new ModelStorageException(modelId, place.directory(),
				"the file system of " + place.directory() + " gives each file the permissions " + failure.mode
						+ ", so that other users can " + (writable ? "write" : "read") + " models",
				writable ? "Mount it with other permissions, use a directory on another file system, or set"
						+ " hooks.llm.cache.allow-shared-directory to true if you trust all users of this machine"
						: "Set hooks.llm.cache.permissions to " + ((failure.mode.charAt(6) == 'r') ? "shared" : "group")
								+ " if they may, mount it with other permissions, or use a directory on another file system",
				failure);
	}

	private Ability tryOut(ModelPlace place) throws IOException {
		Path probe = StagedName.of(place.directory().resolve(NAME));
		Path other = StagedName.of(place.directory().resolve(NAME));
		try {
			String obstacle = write(place, probe);
			return (obstacle != null) ? Ability.ALL.without(obstacle) : rename(probe, other);
		}
		finally {
			Files.deleteIfExists(probe);
			Files.deleteIfExists(other);
		}
	}

	/**
	 * Returns why files cannot be written as a transfer writes them, or null.
	 * @throws NotDurableException if they cannot be forced to disk
	 */
	private @Nullable String write(ModelPlace place, Path probe) throws IOException {
		FileChannel file;
		try {
			file = FileAccess.PRIVATE.create(probe);
		}
		catch (IOException ex) {
			requireAnswerOfTheFileSystem(ex);
			// Some let a file be written, or read, but not both.
			Files.newByteChannel(probe, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE).close();
			return "does not open files for reading and writing at once (" + DiskFault.reason(ex) + ")";
		}
		try (file) {
			write(file, 0);
			force(file);
			String obstacle = writeAnywhere(place, file);
			requirePermissions(place, probe);
			return obstacle;
		}
	}

	private static void force(FileChannel file) throws IOException {
		try {
			file.force(true);
		}
		catch (IOException ex) {
			requireAnswerOfTheFileSystem(ex);
			throw new NotDurableException(ex);
		}
	}

	private static @Nullable String writeAnywhere(ModelPlace place, FileChannel channel) throws IOException {
		try {
			write(channel, GAP);
			write(channel, 0);
			ByteBuffer read = ByteBuffer.allocate(1);
			return (channel.read(read, GAP) == 1 && channel.size() == GAP + 1) ? null
					: "does not keep data that is written at a position";
		}
		catch (IOException ex) {
			FileStore disk = Files.getFileStore(place.directory());
			if (disk.getTotalSpace() > 0 && disk.getUsableSpace() < ROOM.toBytes()) {
				throw ex;
			}
			requireAnswerOfTheFileSystem(ex);
			return "only supports writing files from beginning to end (" + DiskFault.reason(ex) + ")";
		}
	}

	private static void write(FileChannel channel, long position) throws IOException {
		channel.write(ByteBuffer.wrap(new byte[] { 1 }), position);
	}

	private void requirePermissions(ModelPlace place, Path probe) throws IOException {
		try {
			place.apply(probe);
		}
		catch (AccessDeniedException ex) {
			String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(probe));
			if (!this.rules.writableByOthers()) {
				throw new TooWideException(mode, ex);
			}
			logger.warn("The file system of {} gives each file the permissions {}", place.directory(), mode);
			return;
		}
		if (!place.shared() && place.access().isNarrower(probe)) {
			logger.warn(
					"The file system of {} does not change permissions: its files have {}, though"
							+ " hooks.llm.cache.permissions is {}",
					place.directory(), PosixFilePermissions.toString(Files.getPosixFilePermissions(probe)),
					place.access().name().toLowerCase(Locale.ROOT));
		}
	}

	private Ability rename(Path probe, Path other) throws IOException {
		Files.newByteChannel(other, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE).close();
		Object key = Partial.keyOf(probe);
		boolean locks = true;
		IOException refused = null;
		try (ExclusiveFile open = this.files.tryOpen(probe)) {
			if (open == null) {
				throw new NoSuchFileException(probe.toString());
			}
			locks = open.locked();
			FileMoves.replace(probe, other);
			return new Ability(null, true, Objects.equals(key, Partial.keyOf(other)), locks);
		}
		catch (NoSuchFileException ex) {
			throw ex;
		}
		catch (IOException ex) {
			refused = ex;
		}
		try {
			FileMoves.replace(probe, other);
			return new Ability(null, false, Objects.equals(key, Partial.keyOf(other)), locks);
		}
		catch (IOException ex) {
			requireAnswerOfTheFileSystem(ex);
			ex.addSuppressed(refused);
			return Ability.ALL.without("cannot rename a file over another one (" + DiskFault.reason(ex) + ")");
		}
	}

	/**
	 * Throws a failure that says nothing about what the file system can do: the directory
	 * is another user's or has gone, or the disk is full.
	 */
	private static void requireAnswerOfTheFileSystem(IOException failure) throws IOException {
		DiskFault fault = DiskFault.of(failure);
		if (failure instanceof AccessDeniedException || failure instanceof NoSuchFileException
				|| (fault != DiskFault.OTHER && fault != DiskFault.NOT_PERMITTED)) {
			throw failure;
		}
	}

	/**
	 * What can be done in a directory.
	 *
	 * @param obstacle why a model cannot be published there by a rename, to follow "the
	 * file system", or {@code null} if it can
	 * @param movesOpenFiles whether a file can be renamed while it is open
	 * @param keepsKeys whether a file has the same device and inode after a rename
	 * @param locks whether a file can be locked
	 */
	record Ability(@Nullable String obstacle, boolean movesOpenFiles, boolean keepsKeys, boolean locks) {

		static final Ability ALL = new Ability(null, true, true, true);

		Ability without(String obstacle) {
			return new Ability(obstacle, this.movesOpenFiles, this.keepsKeys, this.locks);
		}

	}

	/**
	 * What has the same abilities everywhere.
	 *
	 * @param system the file system
	 * @param device its device, or the directory where there is no such number
	 * @param shared whether its files may have the permissions of the umask
	 */
	private record Volume(FileSystem system, Object device, boolean shared) {

		static Volume of(ModelPlace place) throws IOException {
			Path directory = place.directory();
			FileSystem system = directory.getFileSystem();
			return new Volume(system, system.supportedFileAttributeViews().contains("unix")
					? Files.getAttribute(directory, "unix:dev") : directory, place.shared());
		}

	}

	/** Files cannot be made durable, also not by those who copy them. */
	private static final class NotDurableException extends IOException {

		private final IOException failure;

		NotDurableException(IOException failure) {
			super("files cannot be forced to disk", failure);
			this.failure = failure;
		}

	}

	/** Files have more permissions than they should. */
	private static final class TooWideException extends IOException {

		private final String mode;

		TooWideException(String mode, IOException cause) {
			super("files have the permissions " + mode, cause);
			this.mode = mode;
		}

	}

}
