/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import dev.modelcache.FormatVerification;

/**
 * What is done about files that are not models.
 *
 * @param mode what follows from a header that is not what it should be
 * @param allowPickle whether files that run code when they are loaded will do, whatever
 * the mode
 */
public record FormatSettings(FormatVerification mode, boolean allowPickle) {

	/**
	 * Returns the settings of an application that configures nothing.
	 * @return the defaults
	 */
	public static FormatSettings defaults() {
		return new FormatSettings(FormatVerification.STRICT, false);
	}

	/**
	 * Returns settings with which no file is opened.
	 * @return the settings
	 */
	public static FormatSettings none() {
		return new FormatSettings(FormatVerification.OFF, true);
	}

}
