package dev.modelcache.content.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

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

	/**
	 * Protocols 0 and 1 have no mark of their own: a name that is imported, and what is
	 * done with it, or a collection that is remembered.
	 */
	private static final Pattern OLD = Pattern
		.compile("(?:\\(*c[\\w.]+\\r?\\n[\\w.]+\\r?\\n(?:p\\d+\\r?\\n|q\\x00|\\([SVUXIKclt(])"
				+ "|\\([dlt]p\\d+\\r?\\n|[}\\])]q\\x00).*", Pattern.DOTALL);

	private Pickles() {
	}

	/**
	 * Returns what kind of pickle a file is.
	 * @param beginning its first bytes
	 * @param channel the file
	 * @param extension the extension of its name
	 * @return a description, or {@code null} for another file
	 * @throws IOException if it cannot be read
	 */
	static @Nullable String find(Beginning beginning, FileChannel channel, String extension) throws IOException {
		if (beginning.isGguf()) {
			return null;
		}
		if (isPickle(beginning)) {
			return "a pickle";
		}
		Boolean inside = beginning.isZip() ? ZipDirectory.anyMatch(channel, Pickles::isPickleName) : null;
		if (Boolean.TRUE.equals(inside)) {
			return "an archive with a pickle inside (PyTorch)";
		}
		boolean named = EXTENSIONS.contains(extension) && channel.size() > 0;
		return (named && inside == null) ? "named ." + extension + " like a pickle" : null;
	}

	private static boolean isPickle(Beginning beginning) {
		byte[] bytes = beginning.bytes();
		if (bytes.length > 2 && (bytes[0] & 0xff) == PROTOCOL && bytes[1] >= 2 && bytes[1] <= HIGHEST_PROTOCOL) {
			int opcode = bytes[2] & 0xff;
			return TEXT_OPCODES.indexOf(opcode) >= 0 || (opcode >= FIRST_BINARY && opcode < LAST_BINARY);
		}
		return OLD.matcher(beginning.text()).matches();
	}

	private static boolean isPickleName(String name) {
		int dot = name.lastIndexOf('.');
		return dot >= 0 && EXTENSIONS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
	}

}
