/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.FileNameEncoding;
import dev.modelcache.internal.ForcedChannel;

/**
 * A tar archive of unknown origin. Regular files come out of it, and nothing else: an
 * archive with a link, a device, a sparse file, a name that leads out of the directory,
 * or two files of one name is refused as a whole.
 * <p>
 * Owners, times, permissions and empty directories of the archive do not count.
 * <p>
 * <em>Blocking</em>: for as long as it takes. <em>Cancellation</em>: close the stream.
 * <em>Durability</em>: none; who publishes the files forces them. <em>Memory</em>: a
 * buffer, and extended headers of up to 1 MiB.
 */
public final class TarArchive {

	private static final int BUFFER = 1 << 17;

	/** What the smallest file takes on most disks. */
	private static final int BLOCK = 4096;

	/**
	 * With what macOS keeps beside a file in an archive, its attributes, such a name
	 * begins (RFC 1740, AppleDouble).
	 */
	private static final String APPLE_DOUBLE = "._";

	private final TarReader reader;

	private final Path directory;

	private final ArchiveLimits limits;

	private final byte[] buffer = new byte[BUFFER];

	private final List<UnpackedFile> files = new ArrayList<>();

	/** Those that the files stand in, relative to the directory. */
	private final Set<String> directories = new HashSet<>();

	private long bytes;

	private TarArchive(InputStream in, Path directory, ArchiveLimits limits) {
		this.reader = new TarReader(in);
		this.directory = directory;
		this.limits = limits;
	}

	/**
	 * Unpacks an archive.
	 * @param in the archive, not compressed; read to its end, not closed
	 * @param directory an existing directory that is not written to otherwise; after a
	 * failure some files may stand in it
	 * @param limits how much it may hold
	 * @return the files, in the archive's order; at least one
	 * @throws ArchiveException if the archive is refused, or damaged
	 * @throws IOException if the stream or the disk fails
	 * @throws InvalidPathException if the encoding of file names does not have a name
	 */
	public static List<UnpackedFile> unpack(InputStream in, Path directory, ArchiveLimits limits) throws IOException {
		return new TarArchive(in, directory, limits).unpack();
	}

	private List<UnpackedFile> unpack() throws IOException {
		TarHeader entry = this.reader.next();
		while (entry != null) {
			switch (entry.type()) {
				case '0', '7' -> unpack(entry);
				case '5' -> checkDirectory(entry);
				case '1', '2' -> throw new ArchiveException("contains a link, which is not allowed");
				case '3', '4', '6' -> throw new ArchiveException("has a device");
				default -> throw new ArchiveException("contains an entry that is neither a file nor a directory");
			}
			entry = this.reader.next();
		}
		if (this.files.isEmpty()) {
			throw new ArchiveException("contains no file");
		}
		return List.copyOf(this.files);
	}

	/** Before POSIX, a directory was a file whose name ends with a slash. */
	private void unpack(TarHeader entry) throws IOException {
		if (entry.name().endsWith("/")) {
			checkDirectory(entry);
			return;
		}
		ModelFileName name = name(entry.name());
		if (name.last().startsWith(APPLE_DOUBLE)) {
			return;
		}
		if (entry.size() > this.limits.archiveBytes() - this.bytes) {
			throw TarReader.truncated();
		}
		if (entry.size() > this.limits.maxBytes() - this.bytes) {
			throw new ArchiveException("unpacks to more than " + this.limits.maxBytes() + " bytes");
		}
		count(name);
		this.limits.admission().accept(blocks(entry.size()));
		this.files.add(new UnpackedFile(name, entry.size(), write(name, entry.size())));
		this.bytes += entry.size();
	}

	/** A name of 1,000 letters and slashes is a file in 500 directories. */
	private void count(ModelFileName name) throws ArchiveException {
		int slash = name.text().indexOf('/');
		while (slash >= 0) {
			this.directories.add(name.text().substring(0, slash));
			slash = name.text().indexOf('/', slash + 1);
		}
		if (this.files.size() + 1 + this.directories.size() > this.limits.maxFiles()) {
			throw new ArchiveException("contains more than " + this.limits.maxFiles() + " files and directories");
		}
	}

	private static long blocks(long size) {
		return Math.max(1, (size + BLOCK - 1) / BLOCK) * BLOCK;
	}

	/**
	 * A directory's content would be skipped, and with it whatever is hidden there.
	 */
	private void checkDirectory(TarHeader entry) throws ArchiveException {
		if (entry.size() != 0) {
			throw new ArchiveException("contains a directory entry with content");
		}
	}

	private static ModelFileName name(String text) throws ArchiveException {
		String name = text;
		while (name.startsWith("./")) {
			name = name.substring(2);
		}
		try {
			return new ModelFileName(name);
		}
		catch (IllegalArgumentException ex) {
			throw new ArchiveException(
					"contains a file with an invalid name or a name that leads out of the " + "directory");
		}
	}

	private Digest write(ModelFileName name, long size) throws IOException {
		MessageDigest digest = StreamingDigest.newDigest(Algorithm.SHA256, size);
		Path file = path(name);
		try {
			Files.createDirectories(file.getParent());
			try (OutputStream out = Channels.newOutputStream(new ForcedChannel(FileAccess.PRIVATE.create(file)))) {
				int count = this.reader.read(this.buffer);
				while (count >= 0) {
					out.write(this.buffer, 0, count);
					digest.update(this.buffer, 0, count);
					count = this.reader.read(this.buffer);
				}
			}
		}
		catch (FileAlreadyExistsException ex) {
			throw new ArchiveException("contains two files with the same name");
		}
		return Digest.of(Algorithm.SHA256, digest.digest());
	}

	/**
	 * A name that only the locale of this process does not allow is not a fault of the
	 * archive.
	 */
	private Path path(ModelFileName name) throws ArchiveException {
		try {
			Path file = name.in(this.directory);
			if (file.normalize().startsWith(this.directory.normalize())) {
				return file;
			}
		}
		catch (InvalidPathException ex) {
			if (FileNameEncoding.explain(null, ex) != null) {
				throw ex;
			}
		}
		throw new ArchiveException("contains a file whose name is not valid on this system");
	}

}
