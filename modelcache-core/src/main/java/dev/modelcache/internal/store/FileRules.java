/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import dev.modelcache.internal.FileAccess;

/**
 * Who may read and write the files of a cache, and what is done where a file system
 * cannot ensure that, or cannot publish atomically.
 *
 * @param access who may read them
 * @param writableByOthers whether they may stand where other users can write
 * @param nonAtomic whether a model is copied to its place if it cannot be moved there
 */
public record FileRules(FileAccess access, boolean writableByOthers, boolean nonAtomic) {

	/** Private files, published atomically. */
	public static final FileRules DEFAULTS = new FileRules(FileAccess.PRIVATE, false, false);

}
