package dev.modelcache.content.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The names in a zip archive, also of the large form (Zip64), read one by one.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">APPNOTE,
 * section 4.3</a>
 */
final class ZipDirectory {

	private static final int ENTRY = 0x02014b50;

	private static final int END = 0x06054b50;

	private static final int END_BYTES = 22;

	private static final int END_64 = 0x06064b50;

	private static final int LOCATOR_64 = 0x07064b50;

	private static final int LOCATOR_64_BYTES = 20;

	private static final int LONGEST_COMMENT = 0xffff;

	private static final long IN_ZIP_64 = 0xffff_ffffL;

	/** The part of a name that is looked at: its end. */
	private static final int NAME_END = 32;

	private ZipDirectory() {
	}

	/**
	 * Returns whether an entry has such a name.
	 * @param channel an archive that begins with an entry
	 * @param wanted is given the ends of names
	 * @return whether there is one; {@code null} if the directory cannot be read
	 * @throws IOException if the file cannot be read
	 */
	static @Nullable Boolean anyMatch(FileChannel channel, Predicate<String> wanted) throws IOException {
		HeaderReader in = new HeaderReader(channel, "zip");
		try {
			in.skip(26);
			int nameLength = in.uint16();
			in.skip(2);
			// The first entry counts even where the directory does not name it.
			if (wanted.test(nameEnd(in, nameLength))) {
				return true;
			}
			return anyEntryMatches(in, channel, wanted);
		}
		catch (FormatException ex) {
			return null;
		}
	}

	private static @Nullable Boolean anyEntryMatches(HeaderReader in, FileChannel channel, Predicate<String> wanted)
			throws IOException {
		long end = end(channel);
		if (end < 0) {
			return null;
		}
		in.moveTo(end + 12);
		long bytes = in.uint32();
		long start = in.uint32();
		if (start == IN_ZIP_64 || bytes == IN_ZIP_64) {
			in.moveTo(Math.max(0, end - LOCATOR_64_BYTES));
			in.check((in.int32() == LOCATOR_64) ? 0 : -1, 1);
			in.skip(4);
			moveTo(in, in.int64());
			in.check((in.int32() == END_64) ? 0 : -1, 1);
			in.skip(36);
			bytes = in.int64();
			start = in.int64();
		}
		moveTo(in, start);
		in.check(bytes, 1);
		while (in.position() < start + bytes) {
			in.check((in.int32() == ENTRY) ? 0 : -1, 1);
			in.skip(24);
			int nameLength = in.uint16();
			int extraLength = in.uint16();
			int commentLength = in.uint16();
			in.skip(12);
			if (wanted.test(nameEnd(in, nameLength))) {
				return true;
			}
			in.skip(extraLength + commentLength);
		}
		return false;
	}

	private static void moveTo(HeaderReader in, long position) throws FormatException {
		in.moveTo(0);
		in.skip(position);
	}

	private static String nameEnd(HeaderReader in, int length) throws IOException {
		int part = Math.min(length, NAME_END);
		in.skip(length - part);
		return in.key(part);
	}

	/** Finds the end record, which a comment may follow. */
	private static long end(FileChannel channel) throws IOException {
		long size = channel.size();
		int length = (int) Math.min(size, END_BYTES + LONGEST_COMMENT);
		ByteBuffer tail = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
		while (tail.hasRemaining() && channel.read(tail, size - length + tail.position()) >= 0) {
			// Reads on.
		}
		for (int i = tail.position() - END_BYTES; i >= 0; i--) {
			if (tail.getInt(i) == END) {
				return size - length + i;
			}
		}
		return -1;
	}

}
