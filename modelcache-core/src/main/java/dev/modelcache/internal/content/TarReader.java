/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The entries of a tar archive, one after the other, with their names and sizes from
 * wherever POSIX.1-2001 ("pax Interchange Format") and GNU tar put them. Used by one
 * thread.
 */
final class TarReader {

	/** Long names and extended attributes; GNU tar itself writes a few hundred bytes. */
	private static final int LARGEST_EXTENSION = 1 << 20;

	/** Between two files there is an extension or two, not thousands. */
	private static final int MOST_EXTENSIONS = 16;

	/** Tools pad archives to whole records; a record of 1 MiB is a large one. */
	private static final int MOST_PADDING = 1 << 24;

	private final InputStream in;

	private TarHeader current = new TarHeader("", 0, '0');

	private long unread;

	private boolean begun;

	TarReader(InputStream in) {
		this.in = in;
	}

	/**
	 * Moves to the next entry.
	 * @return its header, or {@code null} at the archive's end
	 */
	@Nullable TarHeader next() throws IOException {
		skip(this.unread + this.current.padding());
		String longName = null;
		Map<String, String> extension = Map.of();
		for (int i = 0; i < MOST_EXTENSIONS; i++) {
			TarHeader header = header(i > 0 || !this.begun);
			if (header == null) {
				return null;
			}
			switch (header.type()) {
				case 'L' -> longName = longName(header);
				case 'K' -> content(header);
				case 'x' -> extension = extension(header);
				case 'g' -> checkGlobal(extension(header));
				default -> {
					return begin(header, longName, extension);
				}
			}
		}
		throw new ArchiveException("contains an entry with more than " + MOST_EXTENSIONS + " extended headers");
	}

	private TarHeader begin(TarHeader header, @Nullable String longName, Map<String, String> extension)
			throws ArchiveException {
		if (header.type() == 'S' || extension.keySet().stream().anyMatch((key) -> key.startsWith("GNU.sparse."))) {
			throw new ArchiveException("contains a sparse file, which is not supported");
		}
		String otherwise = (longName != null) ? longName : header.name();
		String size = extension.get("size");
		if (size != null && !size.matches("[0-9]{1,18}")) {
			throw new ArchiveException("contains an entry with an invalid size");
		}
		this.current = new TarHeader(extension.getOrDefault("path", otherwise),
				(size != null) ? Long.parseLong(size) : header.size(), header.type());
		this.unread = this.current.size();
		this.begun = true;
		return this.current;
	}

	/**
	 * Reads content of the current entry.
	 * @return how many bytes, or -1 at its end
	 */
	int read(byte[] buffer) throws IOException {
		if (this.unread == 0) {
			return -1;
		}
		int count = this.in.read(buffer, 0, (int) Math.min(buffer.length, this.unread));
		if (count < 0) {
			throw truncated();
		}
		this.unread -= count;
		return count;
	}

	/**
	 * Reads a header. Two blocks of zeros end an archive, but not all tools write them:
	 * it ends as well where the next entry would begin.
	 * @param required whether there must be one, or the blocks that end an archive
	 */
	private @Nullable TarHeader header(boolean required) throws IOException {
		byte[] block = this.in.readNBytes(TarHeader.BLOCK);
		if (block.length == 0 && !required) {
			return null;
		}
		if (block.length < TarHeader.BLOCK) {
			throw truncated();
		}
		if (!isZero(block, block.length)) {
			return TarHeader.read(block);
		}
		readEnd();
		return null;
	}

	/** Reads what follows the end, so that a digest of the stream covers it all. */
	private void readEnd() throws IOException {
		byte[] buffer = new byte[8192];
		long padding = 0;
		int count = this.in.read(buffer);
		while (count >= 0) {
			padding += count;
			if (padding > MOST_PADDING || !isZero(buffer, count)) {
				throw new ArchiveException("contains data after its end");
			}
			count = this.in.read(buffer);
		}
	}

	private static boolean isZero(byte[] bytes, int length) {
		for (int i = 0; i < length; i++) {
			if (bytes[i] != 0) {
				return false;
			}
		}
		return true;
	}

	private String longName(TarHeader header) throws IOException {
		byte[] bytes = content(header);
		int length = bytes.length;
		while (length > 0 && bytes[length - 1] == 0) {
			length--;
		}
		return TarHeader.decode(Arrays.copyOf(bytes, length));
	}

	private byte[] content(TarHeader header) throws IOException {
		if (header.size() > LARGEST_EXTENSION) {
			throw new ArchiveException("contains an extended header of more than " + LARGEST_EXTENSION + " bytes");
		}
		byte[] bytes = this.in.readNBytes((int) header.size());
		if (bytes.length < header.size()) {
			throw truncated();
		}
		skip(header.padding());
		return bytes;
	}

	/** Reads records {@code "length key=value\n"}. */
	private Map<String, String> extension(TarHeader header) throws IOException {
		byte[] bytes = content(header);
		Map<String, String> records = new HashMap<>();
		int position = 0;
		while (position < bytes.length) {
			int blank = position;
			while (blank < bytes.length && bytes[blank] != ' ') {
				blank++;
			}
			String digits = new String(bytes, position, blank - position, StandardCharsets.ISO_8859_1);
			int end = digits.matches("[0-9]{1,7}") ? position + Integer.parseInt(digits) : 0;
			if (end <= blank + 1 || end > bytes.length || bytes[end - 1] != '\n') {
				throw new ArchiveException("contains a damaged extended header");
			}
			put(records, new String(bytes, blank + 1, end - blank - 2, StandardCharsets.UTF_8));
			position = end;
		}
		return records;
	}

	private static void put(Map<String, String> records, String record) throws ArchiveException {
		int equals = record.indexOf('=');
		if (equals <= 0) {
			throw new ArchiveException("contains a damaged extended header");
		}
		records.put(record.substring(0, equals), record.substring(equals + 1));
	}

	/** One name or size for all entries that follow has no honest use. */
	private static void checkGlobal(Map<String, String> records) throws ArchiveException {
		if (records.containsKey("path") || records.containsKey("size")) {
			throw new ArchiveException("has a global header that sets the name or size of all entries");
		}
	}

	private void skip(long bytes) throws IOException {
		try {
			this.in.skipNBytes(bytes);
		}
		catch (EOFException ex) {
			throw truncated();
		}
	}

	static ArchiveException truncated() {
		return new ArchiveException("is truncated");
	}

}
