package dev.modelcache.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

import org.jspecify.annotations.Nullable;

/**
 * What tells a file that nobody touched from one that somebody did, without reading it.
 *
 * @param size its size in bytes
 * @param modified its modification time, as the file system keeps it
 * @param fileKey its device and inode, or empty where the file system has none
 */
public record Fingerprint(long size, String modified, String fileKey) {

	/** The fingerprint of no file. */
	static final Fingerprint NONE = new Fingerprint(-1, "", "");

	/**
	 * Takes the fingerprint of a file.
	 * @param file the file
	 * @return its fingerprint, or {@code null} if there is no such regular file
	 * @throws IOException if the file cannot be asked
	 */
	public static @Nullable Fingerprint of(Path file) throws IOException {
		if (!Files.isRegularFile(file)) {
			return null;
		}
		BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
		Object key = attributes.fileKey();
		return new Fingerprint(attributes.size(), attributes.lastModifiedTime().toString(),
				(key != null) ? key.toString() : "");
	}

}
