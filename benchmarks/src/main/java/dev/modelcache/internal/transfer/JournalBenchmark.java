/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long the journal of 64 MiB takes: writing it while bytes land in pieces of 128 KiB,
 * and checking all blocks when a download is continued.
 */
@NullMarked
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class JournalBenchmark {

	private static final int PIECE = 128 << 10;

	private final ByteBuffer bytes = ByteBuffer.allocateDirect(PIECE);

	private @Nullable StagedBytes staged;

	/**
	 * Makes a staged file of zeros.
	 * @throws IOException if it cannot be made
	 */
	@Setup(Level.Trial)
	public void prepare() throws IOException {
		this.staged = new StagedBytes();
		for (long position = 0; position < StagedBytes.SIZE; position += PIECE) {
			this.staged.file.channel().write(this.bytes.clear(), position);
		}
		write();
	}

	/**
	 * Deletes it.
	 * @throws IOException if it cannot be deleted
	 */
	@TearDown(Level.Trial)
	public void delete() throws IOException {
		staged().close();
	}

	private StagedBytes staged() {
		if (this.staged == null) {
			throw new IllegalStateException("prepare() comes first");
		}
		return this.staged;
	}

	/**
	 * Nothing but the checksums.
	 * @return the last one
	 */
	@Benchmark
	public long checksumOnly() {
		CRC32C checksum = new CRC32C();
		for (long position = 0; position < StagedBytes.SIZE; position += PIECE) {
			checksum.update(this.bytes.clear());
		}
		return checksum.getValue();
	}

	/**
	 * What it adds to the writing of 64 MiB: checksums, and a line for each block.
	 * @throws IOException if the journal cannot be written
	 */
	@Benchmark
	public void write() throws IOException {
		BlockLog log = staged().log();
		for (long index = 0; index * WorkMap.BLOCK < StagedBytes.SIZE; index++) {
			Segment.Block block = new Segment.Block(index);
			for (int position = 0; position < WorkMap.BLOCK; position += PIECE) {
				block.update(this.bytes.clear(), staged().mirror);
			}
			log.append(List.of(block), StagedBytes.SIZE);
		}
	}

	/**
	 * What it adds to the beginning of a download that is continued.
	 * @return what is there
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public JournalContents takeOver() throws IOException {
		JournalContents contents = staged().log().takeOver();
		if (contents.blocks().size() != StagedBytes.SIZE / WorkMap.BLOCK) {
			throw new IllegalStateException("not all blocks are there: " + contents.blocks().size());
		}
		return contents;
	}

}
