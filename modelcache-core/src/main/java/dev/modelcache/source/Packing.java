package dev.modelcache.source;

/**
 * What the bytes of a remote file are: the model's file itself, or an archive of its
 * files.
 */
public enum Packing {

	/** The file itself. */
	NONE,

	/** A tar archive (POSIX.1-2001, "pax Interchange Format"). */
	TAR,

	/** A tar archive, compressed by gzip (RFC 1952). */
	TAR_GZIP,

	/** A tar archive, compressed by Zstandard (RFC 8878). */
	TAR_ZSTD

}
