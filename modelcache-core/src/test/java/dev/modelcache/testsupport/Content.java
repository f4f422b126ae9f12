/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;

import org.springframework.util.ConcurrentReferenceHashMap;

/**
 * Bytes of a known size that can be written from any offset, without being in memory.
 * Immutable.
 */
public abstract class Content {

	private static final int BLOCK = 1024 * 1024;

	private static final int PIECE = 256 * 1024;

	private static final int STAMP = Long.BYTES;

	/** Most tests use the same ones, whose digests are then computed once. */
	private static final Map<String, Content> RANDOM = new ConcurrentReferenceHashMap<>();

	private final long size;

	private final String tag;

	private final Map<Algorithm, Digest> digests = new ConcurrentHashMap<>();

	private Content(long size, String tag) {
		this.size = size;
		this.tag = tag;
	}

	/**
	 * Returns content that is in memory.
	 * @param bytes the bytes
	 * @return the content
	 */
	public static Content of(byte[] bytes) {
		CRC32 crc = new CRC32();
		crc.update(bytes);
		return new Content(bytes.length, Long.toHexString(crc.getValue()) + "-" + bytes.length) {
			@Override
			public void write(long offset, long length, OutputStream out) throws IOException {
				out.write(bytes, Math.toIntExact(offset), Math.toIntExact(length));
			}
		};
	}

	/**
	 * Returns a text as UTF-8.
	 * @param text the text
	 * @return the content
	 */
	public static Content of(String text) {
		return of(text.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Returns pseudo-random content: a random block of 1 MiB again and again, each time
	 * with its number in its first 8 bytes, so that no two blocks are equal.
	 * @param size the size in bytes
	 * @param seed the same seed gives the same content
	 * @return the content
	 */
	public static Content random(long size, long seed) {
		return RANDOM.computeIfAbsent(size + " " + seed, (key) -> newRandom(size, seed));
	}

	private static Content newRandom(long size, long seed) {
		byte[] block = new byte[(int) Math.min(BLOCK, size)];
		new Random(seed).nextBytes(block);
		return new Content(size, "random-" + seed + "-" + size) {
			@Override
			public void write(long offset, long length, OutputStream out) throws IOException {
				byte[] buffer = new byte[(int) Math.min(PIECE, length)];
				long end = offset + length;
				long position = offset;
				while (position < end) {
					int from = (int) (position % BLOCK);
					int count = (int) Math.min(Math.min(buffer.length, BLOCK - from), end - position);
					System.arraycopy(block, from, buffer, 0, count);
					for (int i = from; i < Math.min(STAMP, from + count); i++) {
						buffer[i - from] = (byte) (position / BLOCK >>> (8 * i));
					}
					out.write(buffer, 0, count);
					position += count;
				}
			}
		};
	}

	/**
	 * Returns the size.
	 * @return the size in bytes
	 */
	public final long size() {
		return this.size;
	}

	/**
	 * Returns the strong validator that a well-behaved server gives it (RFC 9110, 8.8.3).
	 * @return the entity tag, with its quotation marks
	 */
	public final String etag() {
		return "\"" + this.tag + "\"";
	}

	/**
	 * Writes a part of it.
	 * @param offset where the part begins
	 * @param length its length in bytes
	 * @param out where to write; not closed
	 * @throws IOException if the stream fails
	 */
	public abstract void write(long offset, long length, OutputStream out) throws IOException;

	/**
	 * Returns the same content with one byte inverted.
	 * @param offset where the byte is
	 * @return the damaged content
	 */
	public final Content flipped(long offset) {
		return overlaid(offset, new byte[] { (byte) ~bytes(offset, 1)[0] });
	}

	/**
	 * Returns the same content beginning with other bytes, such as a magic number.
	 * @param head the first bytes
	 * @return the content
	 */
	public final Content startingWith(byte... head) {
		return overlaid(0, head);
	}

	private Content overlaid(long at, byte[] patch) {
		Content original = this;
		return new Content(this.size, this.tag + "-" + at + "-" + Arrays.hashCode(patch)) {
			@Override
			public void write(long offset, long length, OutputStream out) throws IOException {
				long end = offset + length;
				long from = Math.min(Math.max(at, offset), end);
				long to = Math.max(from, Math.min(at + patch.length, end));
				original.write(offset, from - offset, out);
				if (to > from) {
					out.write(patch, (int) (from - at), (int) (to - from));
				}
				original.write(to, end - to, out);
			}
		};
	}

	/**
	 * Returns all of it in memory.
	 * @return the bytes
	 */
	public final byte[] bytes() {
		return bytes(0, Math.toIntExact(this.size));
	}

	private byte[] bytes(long offset, int length) {
		ByteArrayOutputStream out = new ByteArrayOutputStream(length);
		try {
			write(offset, length, out);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return out.toByteArray();
	}

	/**
	 * Returns an assertion that a file has certain bytes and no others. AssertJ's
	 * {@code hasBinaryContent} reads byte by byte: half of the processor time of the
	 * tests that compared files with it.
	 * @param expected the bytes
	 * @return what {@code assertThat(path).satisfies(…)} takes
	 */
	public static Consumer<Path> exactly(byte[] expected) {
		return (file) -> {
			try {
				byte[] there = Files.readAllBytes(file);
				int difference = Arrays.mismatch(there, expected);
				if (difference != -1) {
					throw new AssertionError("%s of %d bytes is not the expected content of %d bytes: byte %d differs"
						.formatted(file, there.length, expected.length, difference));
				}
			}
			catch (IOException ex) {
				throw new AssertionError("cannot be read: " + file, ex);
			}
		};
	}

	/**
	 * Returns whether a file has this content, byte for byte.
	 * @param file the file
	 * @return whether it has
	 */
	public final boolean isIn(Path file) {
		try (InputStream in = Files.newInputStream(file)) {
			if (Files.size(file) != this.size) {
				return false;
			}
			boolean[] same = { true };
			write(0, this.size, new OutputStream() {
				@Override
				public void write(int value) throws IOException {
					same[0] &= in.read() == (value & 0xff);
				}

				@Override
				public void write(byte[] bytes, int offset, int length) throws IOException {
					byte[] there = in.readNBytes(length);
					same[0] &= Arrays.equals(there, 0, there.length, bytes, offset, offset + length);
				}
			});
			return same[0];
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns its SHA-256, which is computed once.
	 * @return the digest
	 */
	public final Digest sha256() {
		return digest(Algorithm.SHA256);
	}

	/**
	 * Returns its digest, which is computed once.
	 * @param algorithm the algorithm
	 * @return the digest
	 */
	public final Digest digest(Algorithm algorithm) {
		return this.digests.computeIfAbsent(algorithm, this::compute);
	}

	private Digest compute(Algorithm algorithm) {
		try {
			MessageDigest digest = MessageDigest.getInstance(algorithm.jcaName());
			digest.update(algorithm.preamble(this.size));
			write(0, this.size, new DigestOutputStream(OutputStream.nullOutputStream(), digest));
			return Digest.of(algorithm, digest.digest());
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
