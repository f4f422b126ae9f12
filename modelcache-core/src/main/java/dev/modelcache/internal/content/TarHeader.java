/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The header of one entry of a tar archive (POSIX.1-2001, "ustar Interchange Format"),
 * with the GNU form of large numbers.
 *
 * @param name the entry's name, as this header gives it
 * @param size the size of its content in bytes
 * @param type its type flag
 */
record TarHeader(String name, long size, char type) {

	/** The size of a header, and what contents are padded to. */
	static final int BLOCK = 512;

	private static final int CHECKSUM_AT = 148;

	private static final int CHECKSUM_LENGTH = 8;

	/**
	 * Reads a header.
	 * @param block its {@value #BLOCK} bytes
	 * @return the header
	 * @throws ArchiveException if it is not one
	 */
	static TarHeader read(byte[] block) throws ArchiveException {
		checkSum(block);
		boolean ustar = new String(block, 257, 5, StandardCharsets.US_ASCII).equals("ustar");
		boolean gnu = ustar && block[262] == ' ';
		String name = text(block, 0, 100);
		// GNU keeps times where POSIX keeps the first part of a long name.
		String prefix = (ustar && !gnu) ? text(block, 345, 155) : "";
		char type = (block[156] == 0) ? '0' : (char) (block[156] & 0xff);
		return new TarHeader(prefix.isEmpty() ? name : prefix + "/" + name, number(block, 124, 12), type);
	}

	private static void checkSum(byte[] block) throws ArchiveException {
		long stated = number(block, CHECKSUM_AT, CHECKSUM_LENGTH);
		long sum = 0;
		long signedSum = 0;
		for (int i = 0; i < BLOCK; i++) {
			boolean own = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_LENGTH;
			sum += own ? ' ' : (block[i] & 0xff);
			// What some old implementations compute.
			signedSum += own ? ' ' : block[i];
		}
		if (stated != sum && stated != signedSum) {
			throw new ArchiveException("is not a tar archive or is damaged: the checksum of a header is wrong");
		}
	}

	/** Octal digits, or with its highest bit set a binary number, as GNU writes it. */
	private static long number(byte[] block, int offset, int length) throws ArchiveException {
		if ((block[offset] & 0x80) != 0) {
			return binary(block, offset, length);
		}
		String digits = new String(block, offset, length, StandardCharsets.ISO_8859_1);
		int end = digits.indexOf('\0');
		String octal = ((end < 0) ? digits : digits.substring(0, end)).strip();
		if (!octal.matches("[0-7]{0,12}")) {
			throw new ArchiveException("contains a header with an invalid number");
		}
		return octal.isEmpty() ? 0 : Long.parseLong(octal, 8);
	}

	private static long binary(byte[] block, int offset, int length) throws ArchiveException {
		long value = block[offset] & 0x7f;
		for (int i = offset + 1; i < offset + length; i++) {
			if (value > Long.MAX_VALUE >> 8) {
				throw new ArchiveException("contains a header with a number that is negative or too large");
			}
			value = value << 8 | (block[i] & 0xff);
		}
		return value;
	}

	private static String text(byte[] block, int offset, int length) throws ArchiveException {
		int end = offset;
		while (end < offset + length && block[end] != 0) {
			end++;
		}
		return decode(Arrays.copyOfRange(block, offset, end));
	}

	/**
	 * Reads a name. Those of an unknown encoding would have another name on each system.
	 */
	static String decode(byte[] bytes) throws ArchiveException {
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
		}
		catch (CharacterCodingException ex) {
			throw new ArchiveException("contains an entry whose name is not UTF-8");
		}
	}

	/** Returns how many bytes fill its content's last block. */
	int padding() {
		return (int) ((BLOCK - this.size % BLOCK) % BLOCK);
	}

}
