/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * What an operator may ask for.
 */
enum ModelAction {

	/** Acquire the model at once if it is not there. */
	ENSURE,

	/** Read the published file again and compare its digest. */
	VERIFY,

	/** Look for another version. */
	REFRESH,

	/** Ask whether there is another version. */
	CHECK,

	/** Cancel the acquisition that is running, or the next attempt. */
	CANCEL;

	static Optional<ModelAction> of(@Nullable String word) {
		return Arrays.stream(values()).filter((action) -> action.word().equals(word)).findFirst();
	}

	static List<String> words() {
		return Arrays.stream(values()).map(ModelAction::word).toList();
	}

	String word() {
		return name().toLowerCase(Locale.ROOT);
	}

}
