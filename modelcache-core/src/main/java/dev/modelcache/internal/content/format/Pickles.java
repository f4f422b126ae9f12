/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.internal.content.format.ZipDirectory.Finding;
import org.jspecify.annotations.Nullable;

/**
 * Recognizes files of Python's pickle format, which are programs: loading one runs it.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/pickletools.py">The
 * opcodes</a>
 */
final class Pickles {

	static final String NAME = "pickle";

	/** What PyTorch and others call their pickles. */
	private static final Set<String> EXTENSIONS = Set.of("pt", "pth", "ckpt", "pkl", "pickle", "joblib");

	private static final int PROTOCOL = 0x80;

	private static final int HIGHEST_PROTOCOL = 5;

	private static final String TEXT_OPCODES = "(.012FIJKLMNPQRSTUVXabcde}ghijlo]pqrst)uG";

	/** The opcodes from PROTO to READONLY_BUFFER. */
	private static final int FIRST_BINARY = 0x80;

	private static final int LAST_BINARY = 0x98;

	private static final int TAR_BLOCK = 512;

	private static final long NO_SUM = Long.MIN_VALUE;

	private static final int CHECKSUM_AT = 148;

	private static final Pattern OCTAL = Pattern.compile("([+-]?)(?:0[oO])?([0-7]+)");

	private Pickles() {
	}

	/**
	 * Returns what kind of pickle a file is.
	 * @param beginning its first bytes
	 * @param channel the file
	 * @param extensions the extensions of its names
	 * @return a description, or {@code null} for another file
	 * @throws IOException if it cannot be read
	 */
	static @Nullable String find(Beginning beginning, FileChannel channel, Set<String> extensions) throws IOException {
		if (isMarked(beginning) || PickleOpcodes.isPickle(new HeaderReader(channel, NAME))) {
			return "a pickle";
		}
		if (isPickleInArray(beginning, channel)) {
			return "a NumPy array with a pickle inside";
		}
		Finding inside = ZipDirectory.find(channel, Pickles::isPickleName);
		if (inside == Finding.MATCH) {
			return "an archive with a pickle inside (PyTorch)";
		}
		if (isTar(beginning)) {
			return "a tar archive, which may contain a pickle";
		}
		if (inside == Finding.UNREADABLE) {
			return "a damaged zip archive, which may contain a pickle";
		}
		if (inside != Finding.NO_ARCHIVE || channel.size() == 0 || beginning.isGguf()) {
			return null;
		}
		return extensions.stream()
			.filter(EXTENSIONS::contains)
			.findFirst()
			.map((extension) -> "named ." + extension + " like a pickle")
			.orElse(null);
	}

	/** Protocols 2 to 5 begin with a mark and their number. */
	private static boolean isMarked(Beginning beginning) {
		byte[] bytes = beginning.bytes();
		if (bytes.length < 3 || (bytes[0] & 0xff) != PROTOCOL || bytes[1] < 2 || bytes[1] > HIGHEST_PROTOCOL) {
			return false;
		}
		int opcode = bytes[2] & 0xff;
		return TEXT_OPCODES.indexOf(opcode) >= 0 || (opcode >= FIRST_BINARY && opcode < LAST_BINARY);
	}

	/** NumPy writes arrays of objects as a pickle behind the header. */
	private static boolean isPickleInArray(Beginning beginning, FileChannel channel) throws IOException {
		if (!beginning.text().startsWith("\u0093NUMPY") || beginning.bytes().length < 12) {
			return false;
		}
		HeaderReader in = new HeaderReader(channel, NAME);
		try {
			in.skip(6);
			int version = in.uint8();
			in.skip(1);
			in.skip((version == 1) ? in.uint16() : in.uint32());
		}
		catch (FormatException ex) {
			return false;
		}
		return PickleOpcodes.isPickle(in);
	}

	/**
	 * Before 0.1.12, PyTorch wrote tar archives, and still reads them. Names and sizes
	 * can be written in ways that readers understand differently, so the first header is
	 * enough: as for Python, it is one if its checksum is right, whatever else it says.
	 */
	private static boolean isTar(Beginning beginning) {
		byte[] block = beginning.bytes();
		if (block.length < TAR_BLOCK) {
			return false;
		}
		int sum = 0;
		int signedSum = 0;
		for (int i = 0; i < TAR_BLOCK; i++) {
			boolean own = i >= CHECKSUM_AT && i < CHECKSUM_AT + Long.BYTES;
			sum += own ? ' ' : (block[i] & 0xff);
			signedSum += own ? ' ' : block[i];
		}
		long stated = number(ByteBuffer.wrap(block).getLong(CHECKSUM_AT));
		return stated == sum || stated == signedSum;
	}

	/**
	 * Reads a binary number, or octal digits in any form that Python reads. What is
	 * neither is not a sum: dense data has a signed sum of 0 once in thousands of files.
	 */
	private static long number(long field) {
		int mark = (int) (field >>> 56);
		if (mark == 0x80 || mark == 0xff) {
			return (mark == 0x80) ? field & (-1L >>> 8) : field;
		}
		byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(field).array();
		String text = new String(bytes, StandardCharsets.ISO_8859_1);
		int zero = text.indexOf('\0');
		String plain = ((zero >= 0) ? text.substring(0, zero) : text).strip().replace("_", "");
		if (plain.isEmpty()) {
			return 0;
		}
		Matcher digits = OCTAL.matcher(plain);
		return digits.matches() ? Long.parseLong(digits.group(1) + digits.group(2), 8) : NO_SUM;
	}

	private static boolean isPickleName(String name) {
		int dot = name.lastIndexOf('.');
		return dot >= 0 && EXTENSIONS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
	}

}
