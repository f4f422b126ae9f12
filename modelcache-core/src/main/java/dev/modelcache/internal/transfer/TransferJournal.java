package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;

import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.store.CacheLayout;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.transfer.JournalContents.Block;
import dev.modelcache.internal.transfer.JournalContents.Source;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * Writes down each block that landed, with the checksum of the bytes that came over the
 * wire, and tells later whether the disk still has them.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: all methods. Nothing is written
 * down before the size of the file is known: without it, nothing could be continued.
 */
final class TransferJournal {

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final Map<Long, Unfinished> unfinished = new HashMap<>();

	private final List<Source> origins = new ArrayList<>();

	private final Map<String, String> validators = new HashMap<>();

	private NavigableMap<Long, Block> blocks = new TreeMap<>();

	private @Nullable Long size;

	private final Runnable advanced;

	/**
	 * Creates a journal.
	 * @param plan what is fetched
	 * @param staged where to
	 * @param advanced run for every block that is read again
	 */
	TransferJournal(DownloadPlan plan, StagedFile staged, Runnable advanced) {
		this.advanced = advanced;
		this.plan = plan;
		this.staged = staged;
	}

	/**
	 * Takes over what is there, as far as the disk still has it.
	 * @return what the journal says, without the blocks that are torn
	 * @throws IOException if the disk cannot be read
	 */
	synchronized JournalContents takeOver() throws IOException {
		JournalContents contents = JournalContents.read(this.staged.journal().lines());
		if (contents.worthFor(this.plan) == 0 || contents.size() == null) {
			clear();
			return JournalContents.read(List.of());
		}
		this.size = contents.size();
		this.blocks = contents.blocks();
		int origins = this.blocks.values().stream().mapToInt(Block::origin).max().orElse(-1) + 1;
		for (int number = 0; number < origins; number++) {
			this.origins.add(contents.origins().getOrDefault(number, Source.UNKNOWN));
		}
		damaged().forEach(this.blocks::remove);
		return new JournalContents(this.size, contents.expected(), contents.compression(), contents.origins(),
				new TreeMap<>(this.blocks));
	}

	/**
	 * Takes note of bytes that are on disk. The bytes of a block come in their order: it
	 * has one writer at a time, who goes on where the last one stopped.
	 * @param position where they are
	 * @param bytes the bytes; its position moves to the end
	 * @param mirror who sent them
	 * @param fileSize the size of the file, or null while nobody knows it
	 * @throws IOException if the journal cannot be written
	 */
	synchronized void landed(long position, ByteBuffer bytes, Mirror mirror, @Nullable Long fileSize)
			throws IOException {
		int limit = bytes.limit();
		long at = position;
		while (bytes.position() < limit) {
			long index = at / SegmentBoard.BLOCK;
			long blockEnd = (index + 1) * SegmentBoard.BLOCK;
			int part = (int) Math.min(limit - bytes.position(), blockEnd - at);
			bytes.limit(bytes.position() + part);
			Unfinished block = this.unfinished.computeIfAbsent(index, (ignored) -> new Unfinished(mirror));
			block.update(bytes, mirror);
			at += part;
			if (at == blockEnd || (fileSize != null && at == fileSize)) {
				this.unfinished.remove(index);
				add(index, block, fileSize);
			}
			bytes.limit(limit);
		}
	}

	private void add(long index, Unfinished finished, @Nullable Long fileSize) throws IOException {
		if (fileSize == null) {
			return;
		}
		if (this.size == null) {
			this.size = fileSize;
			this.staged.journal().append(JournalContents.FIRST_LINE);
			this.staged.journal().append(JournalContents.file(fileSize, this.plan));
		}
		Block block = new Block(finished.mixed ? JournalContents.SEVERAL : numberOf(finished.mirror),
				(int) finished.checksum.getValue());
		this.blocks.put(index, block);
		this.staged.journal().append(JournalContents.block(index, block));
	}

	private int numberOf(Mirror mirror) throws IOException {
		String key = CacheLayout.sourceKey(mirror.uri());
		for (int number = 0; number < this.origins.size(); number++) {
			if (this.origins.get(number).key().equals(key)) {
				return number;
			}
		}
		Source source = new Source(key, this.validators.get(key));
		this.origins.add(source);
		this.staged.journal().append(JournalContents.origin(this.origins.size() - 1, source));
		return this.origins.size() - 1;
	}

	/** Says which strong validator a mirror's file has. */
	synchronized void pinned(Mirror mirror, @Nullable String validator) {
		if (validator != null && JournalContents.isPrintable(validator)) {
			this.validators.put(CacheLayout.sourceKey(mirror.uri()), validator);
		}
	}

	/**
	 * Reads the file and compares it with what came over the wire.
	 * @return the indexes of blocks that the disk does not have as they came
	 * @throws IOException if the disk cannot be read
	 */
	synchronized NavigableSet<Long> damaged() throws IOException {
		NavigableSet<Long> damaged = new TreeSet<>();
		ByteBuffer buffer = ByteBuffer.allocateDirect((int) SegmentBoard.BLOCK);
		for (Map.Entry<Long, Block> block : this.blocks.entrySet()) {
			this.advanced.run();
			if (checksum(block.getKey(), buffer) != block.getValue().checksum()) {
				damaged.add(block.getKey());
			}
		}
		return damaged;
	}

	private int checksum(long index, ByteBuffer buffer) throws IOException {
		FileChannel file = this.staged.channel();
		long start = index * SegmentBoard.BLOCK;
		long end = (this.size != null) ? Math.min(this.size, start + SegmentBoard.BLOCK) : start;
		buffer.clear().limit((int) (end - start));
		while (buffer.hasRemaining() && file.read(buffer, start + buffer.position()) > 0) {
			// A read may bring less than was asked for.
		}
		CRC32C checksum = new CRC32C();
		checksum.update(buffer.flip());
		return (int) checksum.getValue();
	}

	/**
	 * Returns the blocks that a mirror did not send, or not alone.
	 * @param mirror the mirror
	 * @return their indexes
	 */
	synchronized NavigableSet<Long> notFrom(Mirror mirror) {
		int number = this.origins.stream().map(Source::key).toList().indexOf(CacheLayout.sourceKey(mirror.uri()));
		NavigableSet<Long> others = new TreeSet<>();
		long end = (this.size != null) ? this.size : 0;
		for (long index = 0; index * SegmentBoard.BLOCK < end; index++) {
			Block block = this.blocks.get(index);
			if (number < 0 || block == null || block.origin() != number) {
				others.add(index);
			}
		}
		return others;
	}

	/** Returns the range of a block. */
	synchronized ByteRange range(long index) {
		long start = index * SegmentBoard.BLOCK;
		long end = start + SegmentBoard.BLOCK;
		return new ByteRange(start, (this.size != null) ? Math.min(this.size, end) : end);
	}

	/** Forgets everything; the staged file is empty again. */
	synchronized void clear() throws IOException {
		this.unfinished.clear();
		this.origins.clear();
		this.validators.clear();
		this.blocks = new TreeMap<>();
		this.size = null;
		this.staged.clear();
	}

	/** A block of which some bytes are there. */
	private static final class Unfinished {

		private final CRC32C checksum = new CRC32C();

		private final Mirror mirror;

		private boolean mixed;

		Unfinished(Mirror mirror) {
			this.mirror = mirror;
		}

		void update(ByteBuffer bytes, Mirror sender) {
			this.mixed |= !sender.equals(this.mirror);
			this.checksum.update(bytes);
		}

	}

}
