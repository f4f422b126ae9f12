/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;

/**
 * The lines that a staged file's owner wrote down of it, in a file beside it. Lines are
 * only ever appended; one that a crash cut off counts as not written. What they mean is
 * their writer's business.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: all methods but
 * {@link #lines()}. <em>Durability</em>: that of the page cache, so that lines survive
 * their process, but not always their machine; whoever reads them must check what they
 * say of the file.
 */
public final class PartialJournal {

	/** What a model of some 300 GB needs. It must fit into a heap of 256 MB with room. */
	private static final int LARGEST = 8 << 20;

	private final Path path;

	private List<String> lines;

	private @Nullable FileChannel channel;

	private long length;

	PartialJournal(Path path, List<String> lines) {
		this.path = path;
		this.lines = List.copyOf(lines);
		this.length = lines.stream().mapToLong((line) -> line.length() + 1).sum();
	}

	/**
	 * Reads the whole lines of a journal.
	 * @param path its file
	 * @param owner the user whose journals are believed
	 * @return the lines; none if there is no such file, or it is no journal of ours
	 */
	static List<String> read(Path path, FileOwner owner) throws IOException {
		if (!owner.isPrivate(path)) {
			return List.of();
		}
		try {
			byte[] bytes;
			try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
				bytes = in.readNBytes(LARGEST + 1);
			}
			if (bytes.length > LARGEST) {
				return List.of();
			}
			String text = new String(bytes, StandardCharsets.ISO_8859_1);
			return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
		}
		catch (NoSuchFileException | AccessDeniedException ex) {
			return List.of();
		}
	}

	/**
	 * Returns what was written down before this process had the file, or its copy.
	 * @return the lines, the oldest one first
	 */
	public synchronized List<String> lines() {
		return this.lines;
	}

	/**
	 * Writes a line down.
	 * @param line the line, of printable ASCII characters
	 * @throws IOException if the disk does not take it
	 */
	public synchronized void append(String line) throws IOException {
		if (this.channel == null) {
			this.channel = open();
			this.channel.truncate(this.length);
		}
		ByteBuffer bytes = StandardCharsets.US_ASCII.encode(line + "\n");
		while (bytes.hasRemaining()) {
			this.length += this.channel.write(bytes, this.length);
		}
	}

	private FileChannel open() throws IOException {
		if (this.length > 0) {
			return FileChannel.open(this.path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
		}
		// What stands there is not ours, or not of this file.
		Files.deleteIfExists(this.path);
		return FileAccess.PRIVATE.create(this.path);
	}

	/** Writes down what the journal of a copied file says. */
	synchronized void copy(List<String> others) throws IOException {
		for (String line : others) {
			append(line);
		}
		this.lines = List.copyOf(others);
	}

	synchronized boolean isEmpty() {
		return this.length == 0;
	}

	/** Forgets all lines. */
	synchronized void clear() throws IOException {
		this.lines = List.of();
		this.length = 0;
		delete();
	}

	synchronized void delete() throws IOException {
		try {
			close();
		}
		finally {
			Files.deleteIfExists(this.path);
		}
	}

	synchronized void close() throws IOException {
		FileChannel open = this.channel;
		this.channel = null;
		if (open != null) {
			open.close();
		}
	}

}
