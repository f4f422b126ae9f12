/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

/**
 * Packing of a remote file, which is either a file of the model or an archive of its
 * files.
 */
public enum Packing {

	/** Not an archive. */
	NONE,

	/** A tar archive (POSIX.1-2001, "pax Interchange Format"). */
	TAR,

	/** A tar archive, compressed by gzip (RFC 1952). */
	TAR_GZIP,

	/** A tar archive, compressed by Zstandard (RFC 8878). */
	TAR_ZSTD

}
