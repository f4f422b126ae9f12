package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;

import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.source.Mirror;

/**
 * Where the bytes of a transfer go: the staged file, its journal and the board.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: {@link #write}.
 *
 * @param staged the file
 * @param journal what landed, for those who come later
 * @param board what landed, for those who fetch now
 */
record Destination(StagedFile staged, TransferJournal journal, SegmentBoard board) {

	/**
	 * Writes bytes at a segment's position.
	 * @param segment the segment
	 * @param bytes the bytes; its position moves past those that were written
	 * @param mirror who sent them
	 * @return how many were written
	 * @throws IOException if the disk does not take them
	 */
	int write(Segment segment, ByteBuffer bytes, Mirror mirror) throws IOException {
		long position = segment.position();
		ByteBuffer landed = bytes.duplicate();
		int written = this.staged.channel().write(bytes, position);
		this.journal.landed(position, landed.limit(landed.position() + written), mirror, this.board.size());
		this.board.written(segment, written);
		return written;
	}

}
