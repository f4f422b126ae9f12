/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.internal.ForcedChannel;
import org.jspecify.annotations.Nullable;

/**
 * The digests of a file that is whole.
 */
public final class FileDigest {

	/** The size of a piece in bytes. */
	public static final int BLOCK = 1 << 20;

	private FileDigest() {
	}

	/**
	 * Reads a file once and computes its digests.
	 * <p>
	 * <em>Blocking</em>: for as long as the disk and the processor take.
	 * @param file the file
	 * @param algorithms the digests to compute
	 * @param advanced run for every piece of at most 1 MiB
	 * @return the digests
	 * @throws IOException if the file cannot be read
	 */
	public static Map<Algorithm, Digest> of(Path file, Set<Algorithm> algorithms, Runnable advanced)
			throws IOException {
		return read(file, algorithms, null, advanced);
	}

	/**
	 * Reads a file once, copies it and computes its digests. The copy is made durable
	 * while it grows, but for its end.
	 * <p>
	 * <em>Blocking</em>: for as long as the disks and the processor take.
	 * @param file the file
	 * @param copy takes the bytes; stays open
	 * @param algorithms the digests to compute
	 * @param advanced run for every piece of at most 1 MiB
	 * @return the digests of the bytes that were copied
	 * @throws CopyException if the copy cannot be written
	 * @throws IOException if the file cannot be read
	 */
	public static Map<Algorithm, Digest> ofCopied(Path file, FileChannel copy, Set<Algorithm> algorithms,
			Runnable advanced) throws IOException {
		return read(file, algorithms, new ForcedChannel(copy), advanced);
	}

	private static Map<Algorithm, Digest> read(Path file, Set<Algorithm> algorithms, @Nullable WritableByteChannel copy,
			Runnable advanced) throws IOException {
		Map<Algorithm, MessageDigest> digests = new EnumMap<>(Algorithm.class);
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
			long size = channel.size();
			algorithms.forEach((algorithm) -> digests.put(algorithm, StreamingDigest.newDigest(algorithm, size)));
			ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
			while (channel.read(block.clear()) >= 0) {
				block.flip();
				advanced.run();
				digests.values().forEach((digest) -> digest.update(block.duplicate()));
				while (copy != null && block.hasRemaining()) {
					write(copy, block);
				}
			}
		}
		Map<Algorithm, Digest> values = new EnumMap<>(Algorithm.class);
		digests.forEach((algorithm, digest) -> values.put(algorithm, Digest.of(algorithm, digest.digest())));
		return values;
	}

	private static void write(WritableByteChannel copy, ByteBuffer block) throws CopyException {
		try {
			copy.write(block);
		}
		catch (IOException ex) {
			throw new CopyException(ex);
		}
	}

	/** A copy cannot be written, though its file can be read. */
	public static final class CopyException extends IOException {

		private final IOException failure;

		private CopyException(IOException failure) {
			super(failure.getMessage(), failure);
			this.failure = failure;
		}

		/**
		 * Returns the failure of the copy.
		 * @return the failure
		 */
		public IOException failure() {
			return this.failure;
		}

	}

}
