package dev.modelcache;

import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The name of one file of a model: a relative path of segments with {@code /} between
 * them, as repositories and registries give it. Such names come from others; none of them
 * leads out of the directory that it is resolved in, on any operating system.
 *
 * @param text the name, such as {@code model.gguf} or {@code onnx/model.onnx}
 */
public record ModelFileName(String text) implements Comparable<ModelFileName> {

	private static final int LONGEST = 1024;

	private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*");

	/**
	 * On Windows, in every directory: what is written there is gone, or goes elsewhere.
	 */
	private static final Pattern DEVICE = Pattern.compile("(?i)(con|prn|aux|nul|com\\d|lpt\\d)[ ]*(\\..*)?");

	private static final Pattern DOTS_AND_BLANKS = Pattern.compile("[. ]*");

	/**
	 * Creates a name.
	 * @throws IllegalArgumentException if it is empty, absolute, longer than 1024
	 * characters, has an empty segment, one of dots alone or one that names a device of
	 * Windows or a working file of this cache, a drive letter, a backslash or a control
	 * character; the message does not repeat the name
	 */
	public ModelFileName {
		String problem = problemOf(text);
		if (problem != null) {
			throw new IllegalArgumentException("a file's name " + problem);
		}
	}

	/**
	 * Returns the name of a single file whose name is somebody's free choice.
	 * @param name the name, not a path
	 * @return the name, with {@code _} for each character that a name must not have;
	 * {@code model} where nothing usable is left
	 */
	public static ModelFileName cleaned(String name) {
		String clean = name.replaceAll("[\\p{Cntrl}/\\\\]", "_");
		String end = clean.substring(Math.max(0, clean.length() - LONGEST));
		return new ModelFileName((problemOf(end) == null) ? end : "model");
	}

	private static @Nullable String problemOf(String text) {
		if (text.isEmpty() || text.length() > LONGEST) {
			return "has between 1 and " + LONGEST + " characters";
		}
		if (text.indexOf('\\') >= 0 || text.chars().anyMatch(Character::isISOControl)) {
			return "has neither backslashes nor control characters";
		}
		if (DRIVE.matcher(text).matches()) {
			return "does not begin with a drive letter";
		}
		for (String segment : text.split("/", -1)) {
			if (DOTS_AND_BLANKS.matcher(segment).matches()) {
				return "is relative, and no part of it is empty or made of dots";
			}
			if (isOfWorkingFile(segment)) {
				return "is not that of a working file of this cache";
			}
			if (DEVICE.matcher(segment).matches()) {
				return "is not that of a device of Windows";
			}
		}
		return null;
	}

	/**
	 * Staged files and their journals stand beside the files of a model, with a dot
	 * before their names. Windows drops dots and blanks at the end of a name.
	 */
	private static boolean isOfWorkingFile(String segment) {
		int end = segment.length();
		while (segment.charAt(end - 1) == '.' || segment.charAt(end - 1) == ' ') {
			end--;
		}
		String name = segment.substring(0, end).toLowerCase(Locale.ROOT);
		return name.startsWith(".") && (name.endsWith(".part") || name.endsWith(".journal"));
	}

	/**
	 * Returns the last segment.
	 * @return the name of the file within its directory
	 */
	public String last() {
		return this.text.substring(this.text.lastIndexOf('/') + 1);
	}

	/**
	 * Returns whether the last segment ends in an extension.
	 * @param extension the extension with its dot, lower case
	 * @return {@code true} if it does, in any case
	 */
	public boolean endsWith(String extension) {
		return this.text.toLowerCase(Locale.ROOT).endsWith(extension);
	}

	/**
	 * Returns where the file stands in a directory.
	 * @param directory the directory
	 * @return a path below it
	 */
	public Path in(Path directory) {
		return directory.resolve(this.text);
	}

	/**
	 * Compares the texts. Names that were chosen to have the same hash code are found as
	 * fast as others in a map, because they can be compared.
	 */
	@Override
	public int compareTo(ModelFileName other) {
		return this.text.compareTo(other.text);
	}

	@Override
	public String toString() {
		return this.text;
	}

}
