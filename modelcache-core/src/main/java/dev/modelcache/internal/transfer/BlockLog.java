/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.store.CacheLayout;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.transfer.JournalContents.Block;
import dev.modelcache.internal.transfer.JournalContents.Source;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * Writes each block that landed to the journal, with the checksum of the bytes that came
 * over the wire, and tells later whether the disk still has them. Nothing is written
 * before the size of the file is known: without it, nothing could be continued.
 * <p>
 * Used by the {@link Coordinator}'s tasks on the disk, one after the other.
 * <em>Blocking</em>: all methods but {@link #stop()} and {@link #pinned}, which may be
 * called by any thread.
 */
final class BlockLog {

	private final DownloadPlan plan;

	private final StagedFile staged;

	private final TransferListener listener;

	private final List<Source> origins = new ArrayList<>();

	private final Map<String, String> validators = new ConcurrentHashMap<>();

	private NavigableMap<Long, Block> blocks = new TreeMap<>();

	private @Nullable Long size;

	private volatile boolean stopped;

	/**
	 * Creates a log.
	 * @param plan what is fetched
	 * @param staged where to
	 * @param listener is told of every block that is read again
	 */
	BlockLog(DownloadPlan plan, StagedFile staged, TransferListener listener) {
		this.plan = plan;
		this.staged = staged;
		this.listener = listener;
	}

	/** Ends reading, at the latest after the block that is being read. */
	void stop() {
		this.stopped = true;
	}

	/**
	 * Takes over what is there, as far as the disk still has it. Without an expected
	 * digest that is never all of the file.
	 * @return what the journal says, without the blocks that are torn
	 * @throws IOException if the disk cannot be read
	 */
	JournalContents takeOver() throws IOException {
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
		long all = (contents.size() + WorkMap.BLOCK - 1) / WorkMap.BLOCK;
		if (this.plan.file().expected() == null && this.blocks.size() == all) {
			// The last block is fetched again: whether its source still has this version,
			// and what it calls the file, has to be asked.
			this.blocks.pollLastEntry();
		}
		if (this.blocks.isEmpty()) {
			clear();
			return JournalContents.read(List.of());
		}
		return new JournalContents(this.size, contents.expected(), contents.compression(), contents.origins(),
				new TreeMap<>(this.blocks));
	}

	/**
	 * Takes note of whole blocks that are on disk.
	 * @param landed the blocks
	 * @param fileSize the size of the file
	 * @throws IOException if the journal cannot be written
	 */
	void append(List<Segment.Block> landed, long fileSize) throws IOException {
		if (this.size == null) {
			this.size = fileSize;
			this.staged.journal().append(JournalContents.FIRST_LINE);
			this.staged.journal().append(JournalContents.file(fileSize, this.plan));
		}
		for (Segment.Block each : landed) {
			Mirror mirror = each.mirror();
			Block block = new Block((mirror != null) ? numberOf(mirror) : JournalContents.SEVERAL, each.checksum());
			this.blocks.put(each.index(), block);
			this.staged.journal().append(JournalContents.block(each.index(), block));
		}
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
	void pinned(Mirror mirror, String validator) {
		if (JournalContents.isPrintable(validator)) {
			this.validators.put(CacheLayout.sourceKey(mirror.uri()), validator);
		}
	}

	/**
	 * Reads the file and compares it with what came over the wire.
	 * @return the indexes of blocks that the disk does not have as they came
	 * @throws IOException if the disk cannot be read
	 */
	NavigableSet<Long> damaged() throws IOException {
		NavigableSet<Long> damaged = new TreeSet<>();
		ByteBuffer buffer = ByteBuffer.allocateDirect((int) WorkMap.BLOCK);
		long fileSize = (this.size != null) ? this.size : 0;
		for (Map.Entry<Long, Block> block : this.blocks.entrySet()) {
			if (this.stopped) {
				throw new CancellationException();
			}
			this.listener.checked(block.getKey() * WorkMap.BLOCK, fileSize);
			if (checksum(block.getKey(), buffer) != block.getValue().checksum()) {
				damaged.add(block.getKey());
			}
		}
		return damaged;
	}

	private int checksum(long index, ByteBuffer buffer) throws IOException {
		FileChannel file = this.staged.channel();
		long start = index * WorkMap.BLOCK;
		long end = (this.size != null) ? Math.min(this.size, start + WorkMap.BLOCK) : start;
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
	NavigableSet<Long> notFrom(Mirror mirror) {
		int number = this.origins.stream().map(Source::key).toList().indexOf(CacheLayout.sourceKey(mirror.uri()));
		NavigableSet<Long> others = new TreeSet<>();
		long end = (this.size != null) ? this.size : 0;
		for (long index = 0; index * WorkMap.BLOCK < end; index++) {
			Block block = this.blocks.get(index);
			if (number < 0 || block == null || block.origin() != number) {
				others.add(index);
			}
		}
		return others;
	}

	/** Forgets everything, and makes the staged file and its journal empty. */
	void clear() throws IOException {
		this.origins.clear();
		this.validators.clear();
		this.blocks = new TreeMap<>();
		this.size = null;
		this.staged.clear();
	}

}
