/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;

/**
 * A file that is not the model it should be. The message goes on after the file's name
 * and shows nothing of its content but a type.
 */
public final class FormatException extends IOException {

	private final String action;

	private final boolean pickle;

	private final boolean truncated;

	private FormatException(String problem, String action, boolean pickle) {
		this(problem, action, pickle, false);
	}

	private FormatException(String problem, String action, boolean pickle, boolean truncated) {
		super(problem);
		this.action = action;
		this.pickle = pickle;
		this.truncated = truncated;
	}

	static FormatException anotherThing(String found, String expected) {
		return new FormatException("is " + found + ", not " + expected,
				"Open the URL in a browser to see its content, then correct the URL or replace the file", false);
	}

	static FormatException unknown(String found) {
		return new FormatException("is " + found + ", and neither its name nor a digest tells that it is a model",
				"Look at the file, or open the URL in a browser. If it is the model, configure expected-checksum, or a"
						+ " model-path whose file name has an extension",
				false);
	}

	static FormatException pointer(String found) {
		return new FormatException("is " + found + ", not the model that it points to",
				"Use the URL of the file itself: on the Hugging Face Hub, …/resolve/… instead of …/raw/…", false);
	}

	static FormatException pickle(String found) {
		return new FormatException("is " + found + ", which can execute arbitrary code when it is loaded",
				"Use the model's GGUF, safetensors or ONNX file, or, if you trust its publisher,"
						+ " set hooks.llm.allow-pickle=true",
				true);
	}

	static FormatException truncated(String format, String what) {
		return new FormatException("is a truncated " + format + " file: " + what,
				"Use another source, or ask the publisher for the complete file", false, true);
	}

	static FormatException malformed(String format, String what) {
		return new FormatException("is not a valid " + format + " file: " + what,
				"Use another source, or set hooks.llm.verify-format=warn if other programs can read this file", false);
	}

	/**
	 * Returns what to do.
	 * @return a sentence without its full stop
	 */
	public String action() {
		return this.action;
	}

	/**
	 * Returns whether the end of the file is missing.
	 * @return {@code true} if it is
	 */
	public boolean isTruncated() {
		return this.truncated;
	}

	/**
	 * Returns whether the file is one that runs code.
	 * @return {@code true} for a pickle
	 */
	public boolean isPickle() {
		return this.pickle;
	}

}
