package dev.modelcache.content;

import java.nio.channels.FileChannel;

/**
 * The file that decompressed bytes are written to.
 */
public interface DecompressionTarget {

	/**
	 * Returns the channel to write to and read from.
	 * @return the channel; it stays open
	 */
	FileChannel channel();

	/**
	 * Checks that more bytes fit on the disk. Called before each MiB, because most
	 * formats do not tell the size before the end.
	 * @param bytes how many more bytes are known to follow
	 * @throws dev.modelcache.ModelStorageException if they do not fit
	 */
	void admit(long bytes);

}
