/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * Identifies the state of a file without reading it: a file with the same fingerprint has
 * not been changed.
 *
 * @param size its size in bytes
 * @param modified its modification time, as the file system keeps it
 * @param fileKey its device and inode, or empty where the file system has none
 * @param changed the time at which its content or attributes were last changed, which no
 * program can set; empty where the file system has none, or where it is not known
 */
public record Fingerprint(long size, String modified, String fileKey, String changed) {

	/** As many as Linux follows. */
	private static final int MOST_LINKS = 40;

	/** The fingerprint of no file. */
	static final Fingerprint NONE = new Fingerprint(-1, "", "");

	/**
	 * Creates a fingerprint without a change time.
	 * @param size the size in bytes
	 * @param modified the modification time
	 * @param fileKey device and inode, or empty
	 */
	public Fingerprint(long size, String modified, String fileKey) {
		this(size, modified, fileKey, "");
	}

	/**
	 * Takes the fingerprint of a file.
	 * @param file the file
	 * @return its fingerprint, or {@code null} if there is no such regular file
	 * @throws IOException if this user may not enter the file's directory, or the file
	 * system does not tell whether there is such a file: it may be there
	 */
	public static @Nullable Fingerprint of(Path file) throws IOException {
		try {
			return Files.readAttributes(file, BasicFileAttributes.class).isRegularFile() ? ofRegular(file) : null;
		}
		catch (FileSystemException ex) {
			if (isMissing(file, ex, MOST_LINKS)) {
				return null;
			}
			throw ex;
		}
	}

	/**
	 * Returns whether something stands at a path, be it a link that leads nowhere.
	 * @throws IOException if the file system does not tell
	 */
	static boolean isThere(Path path) throws IOException {
		try {
			Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
			return true;
		}
		catch (FileSystemException ex) {
			if (isMissing(path, ex, MOST_LINKS)) {
				return false;
			}
			throw ex;
		}
	}

	/**
	 * Returns whether there is no such file. Java has a type for {@code ENOENT} only.
	 * What {@code ENOTDIR}, {@code ENAMETOOLONG} and {@code ELOOP} mean is seen in what
	 * is above: a file in the place of a directory, a directory without such an entry, or
	 * links that lead nowhere. Any other error, such as that of a server that is away,
	 * says nothing of the file.
	 */
	private static boolean isMissing(Path path, FileSystemException failure, int links) {
		if (failure instanceof NoSuchFileException || links == 0) {
			return true;
		}
		Path file = path.toAbsolutePath();
		Path directory = file.getParent();
		if (failure instanceof AccessDeniedException || directory == null) {
			return false;
		}
		try {
			if (!Files.readAttributes(directory, BasicFileAttributes.class).isDirectory()) {
				return true;
			}
		}
		catch (FileSystemException ex) {
			return isMissing(directory, ex, links);
		}
		catch (IOException ex) {
			return false;
		}
		try {
			return Files.isSymbolicLink(file)
					? isMissing(file.resolveSibling(Files.readSymbolicLink(file)), failure, links - 1)
					: !Listing.of(directory, "*").contains(file);
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static Fingerprint ofRegular(Path file) throws IOException {
		if (file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
			Map<String, Object> attributes = Files.readAttributes(file, "unix:size,lastModifiedTime,fileKey,ctime");
			return new Fingerprint(Long.parseLong(text(attributes, "size")), text(attributes, "lastModifiedTime"),
					text(attributes, "fileKey"), text(attributes, "ctime"));
		}
		BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
		return new Fingerprint(attributes.size(), attributes.lastModifiedTime().toString(),
				Objects.toString(attributes.fileKey(), ""));
	}

	private static String text(Map<String, Object> attributes, String name) {
		return Objects.toString(attributes.get(name), "");
	}

	/**
	 * Returns whether a file with another fingerprint is still the same. Change times are
	 * compared where both are known. Another device or inode does not count if size,
	 * modification time and an exact change time agree: a remount and some network file
	 * systems give new numbers to files that nobody touched.
	 * @param now the fingerprint that the file has now
	 * @return {@code true} if it has not been changed
	 */
	public boolean fits(Fingerprint now) {
		boolean sameTimes = this.size == now.size && this.modified.equals(now.modified)
				&& (this.changed.isEmpty() || now.changed.isEmpty() || this.changed.equals(now.changed));
		return sameTimes && (this.fileKey.equals(now.fileKey)
				|| (this.changed.equals(now.changed) && isExact(this.changed) && isExact(this.modified)));
	}

	/** Full seconds are what file systems with coarse times have for many files. */
	private static boolean isExact(String time) {
		return time.indexOf('.') >= 0;
	}

	/**
	 * Returns this fingerprint without its change time, which the move of a file changes.
	 */
	Fingerprint withoutChange() {
		return new Fingerprint(this.size, this.modified, this.fileKey);
	}

}
