/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

import org.springframework.util.unit.DataSize;

/**
 * File that is written from its beginning to its end and made durable every 64 MB. So a
 * slow disk has little left to write when the file is complete, and the end of the
 * process need not wait for it.
 * <p>
 * <em>Blocking</em>: all methods. <em>Durability</em>: the end of the file is left to the
 * caller.
 */
public final class ForcedChannel implements WritableByteChannel {

	private static final long FORCED_AT_ONCE = DataSize.ofMegabytes(64).toBytes();

	/** Copied at once. */
	private static final long PIECE = DataSize.ofMegabytes(4).toBytes();

	private final FileChannel file;

	private long written;

	/**
	 * Creates a channel.
	 * @param file the file, to which is written at its position
	 */
	public ForcedChannel(FileChannel file) {
		this.file = file;
	}

	/**
	 * Copies a file.
	 * @param from the file
	 * @param to the copy; stays open
	 * @param advanced run for each piece of a few MiB
	 * @return how many bytes were copied: fewer than the size of the file if it became
	 * shorter meanwhile
	 * @throws IOException if the file cannot be read, or the copy not be written
	 */
	public static long copy(FileChannel from, FileChannel to, Runnable advanced) throws IOException {
		ForcedChannel forced = new ForcedChannel(to);
		long size = from.size();
		long position = 0;
		long copied = 1;
		while (position < size && copied > 0) {
			copied = from.transferTo(position, Math.min(PIECE, size - position), to);
			position += copied;
			forced.wrote(copied);
			advanced.run();
		}
		return position;
	}

	@Override
	public int write(ByteBuffer source) throws IOException {
		int bytes = this.file.write(source);
		wrote(bytes);
		return bytes;
	}

	private void wrote(long bytes) throws IOException {
		this.written += bytes;
		if (this.written >= FORCED_AT_ONCE) {
			this.written = 0;
			this.file.force(false);
		}
	}

	@Override
	public boolean isOpen() {
		return this.file.isOpen();
	}

	@Override
	public void close() throws IOException {
		this.file.close();
	}

}
