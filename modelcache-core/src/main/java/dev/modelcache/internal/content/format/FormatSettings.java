package dev.modelcache.internal.content.format;

/**
 * What is done about files that are no models.
 *
 * @param mode what follows from a header that is not what it should be
 * @param allowPickle whether files that run code when they are loaded will do, whatever
 * the mode
 */
public record FormatSettings(Mode mode, boolean allowPickle) {

	/**
	 * Returns the settings of an application that configures nothing.
	 * @return the defaults
	 */
	public static FormatSettings defaults() {
		return new FormatSettings(Mode.STRICT, false);
	}

	/**
	 * Returns settings with which no file is opened.
	 * @return the settings
	 */
	public static FormatSettings none() {
		return new FormatSettings(Mode.OFF, true);
	}

	/** What follows from a header that is not what it should be. */
	public enum Mode {

		/** The file is refused. */
		STRICT,

		/** A warning. */
		WARN,

		/** Nothing: headers are not read. */
		OFF

	}

}
