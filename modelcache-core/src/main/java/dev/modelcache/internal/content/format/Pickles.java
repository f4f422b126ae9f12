/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Locale;
import java.util.Set;

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

	private static final int TAR_MARK = 257;

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
		if (inside == Finding.MATCH || isPickleInTar(beginning, channel)) {
			return "an archive with a pickle inside (PyTorch)";
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

	/** Before 0.1.12, PyTorch wrote a tar archive with a file of the name "pickle". */
	private static boolean isPickleInTar(Beginning beginning, FileChannel channel) throws IOException {
		if (!beginning.text().startsWith("ustar", TAR_MARK)) {
			return false;
		}
		HeaderReader in = new HeaderReader(channel, NAME);
		try {
			while (in.remaining() >= TAR_BLOCK) {
				String name = upToZero(in.key(100));
				in.skip(24);
				String size = upToZero(in.key(12)).strip();
				in.skip(TAR_BLOCK - 136);
				if (name.equals("pickle") || name.endsWith("/pickle") || isPickleName(name)) {
					return true;
				}
				long bytes = size.matches("[0-7]{1,12}") ? Long.parseLong(size, 8) : 0;
				in.skip((bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
			}
		}
		catch (FormatException ex) {
			// It ends here.
		}
		return false;
	}

	private static String upToZero(String text) {
		int zero = text.indexOf('\0');
		return (zero >= 0) ? text.substring(0, zero) : text;
	}

	private static boolean isPickleName(String name) {
		int dot = name.lastIndexOf('.');
		return dot >= 0 && EXTENSIONS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
	}

}
