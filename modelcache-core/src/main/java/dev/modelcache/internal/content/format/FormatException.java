package dev.modelcache.internal.content.format;

import java.io.IOException;

/**
 * A file that is not the model it should be. The message goes on after the file's name
 * and shows nothing of its content.
 */
public final class FormatException extends IOException {

	private final String action;

	private final boolean pickle;

	private FormatException(String problem, String action, boolean pickle) {
		super(problem);
		this.action = action;
		this.pickle = pickle;
	}

	static FormatException anotherThing(String found, String expected) {
		return new FormatException("is " + found + ", not " + expected,
				"Look in a browser what the URL gives, and correct it, or put the right file in its place", false);
	}

	static FormatException pointer(String found) {
		return new FormatException("is " + found + ", not the model that it points to",
				"Use the URL of the file itself: at the Hugging Face Hub …/resolve/… in place of …/raw/…", false);
	}

	static FormatException pickle(String found) {
		return new FormatException("is " + found + ", which can run any code when it is loaded",
				"Use the model's GGUF, safetensors or ONNX file, or, if you trust its publisher,"
						+ " set hooks.llm.allow-pickle=true",
				true);
	}

	static FormatException truncated(String format, String what) {
		return new FormatException("is a truncated " + format + " file: " + what,
				"Use another source, or ask the publisher for the whole file", false);
	}

	static FormatException malformed(String format, String what) {
		return new FormatException("is no valid " + format + " file: " + what,
				"Use another source; if programs do read this file, set hooks.llm.verify-format=warn", false);
	}

	/**
	 * Returns what to do.
	 * @return a sentence without its full stop
	 */
	public String action() {
		return this.action;
	}

	/**
	 * Returns whether the file is one that runs code.
	 * @return {@code true} for a pickle
	 */
	public boolean isPickle() {
		return this.pickle;
	}

}
