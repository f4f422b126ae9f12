/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.util.function.LongConsumer;

/**
 * How much an archive may hold.
 *
 * @param maxFiles the most files and directories
 * @param maxBytes the most bytes of all files together
 * @param admission told the space that each file takes on the disk, in bytes, before a
 * byte of it is written; refuses it by an exception where the disk has no room
 * @param archiveBytes the size of the archive, not compressed: what says that it holds
 * more is cut; {@link Long#MAX_VALUE} if it is not known
 */
public record ArchiveLimits(int maxFiles, long maxBytes, LongConsumer admission, long archiveBytes) {

	/** Creates limits of an archive whose size is not known. */
	public ArchiveLimits(int maxFiles, long maxBytes, LongConsumer admission) {
		this(maxFiles, maxBytes, admission, Long.MAX_VALUE);
	}

	/** More files and directories than any model has. */
	public static final int MOST_FILES = 10_000;

}
