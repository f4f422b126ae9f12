/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.util.List;

/**
 * Tells what a staged file that a download left is worth to the next one.
 */
@FunctionalInterface
public interface PartialJudge {

	/** Nothing is of use. */
	PartialJudge NONE = (lines) -> 0;

	/**
	 * Returns how much of the file can be used.
	 * @param lines its journal
	 * @return a number of bytes, 0 for none
	 */
	long worth(List<String> lines);

}
