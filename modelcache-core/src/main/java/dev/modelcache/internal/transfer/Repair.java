/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which parts of a file with the wrong digest are worth fetching again. First
 * those that the disk does not have as they came. Then, where there are several mirrors,
 * one after the other is believed: what others sent is replaced by what that mirror
 * sends. Owned by the {@link Coordinator}.
 */
final class Repair {

	private static final Logger logger = LoggerFactory.getLogger(Repair.class);

	private final String modelId;

	private final DiskTasks disk;

	private final BlockLog log;

	private final Mirrors mirrors;

	private @Nullable Queue<MirrorState> toBelieve;

	Repair(String modelId, DiskTasks disk, BlockLog log, Mirrors mirrors) {
		this.modelId = modelId;
		this.disk = disk;
		this.log = log;
		this.mirrors = mirrors;
	}

	/**
	 * Looks for what to fetch again.
	 * @param then takes the indexes of blocks, none if the file is beyond repair
	 */
	void next(Consumer<Collection<Long>> then) {
		if (this.toBelieve != null) {
			believeNext(this.toBelieve, then);
			return;
		}
		Queue<MirrorState> all = new ArrayDeque<>(this.mirrors.usable());
		this.toBelieve = all;
		this.disk.run("looking for what to repair", this.log::damaged, (damaged) -> {
			if (damaged.isEmpty()) {
				believeNext(all, then);
				return;
			}
			logger.warn(
					"Model '{}': {} blocks of 1 MiB on the disk are not what was received; they are downloaded again",
					this.modelId, damaged.size());
			then.accept(damaged);
		});
	}

	/** A lone mirror would send the same again. */
	private void believeNext(Queue<MirrorState> others, Consumer<Collection<Long>> then) {
		MirrorState believed = others.poll();
		if (believed == null || this.mirrors.all().size() < 2) {
			then.accept(List.of());
			return;
		}
		this.disk.run("looking for what others sent", () -> this.log.notFrom(believed.mirror()), (blocks) -> {
			if (blocks.isEmpty()) {
				believeNext(others, then);
				return;
			}
			logger.warn("Model '{}': the digest is wrong; {} blocks of 1 MiB are replaced by those of {}", this.modelId,
					blocks.size(), believed.mirror());
			this.mirrors.only(believed);
			then.accept(blocks);
		});
	}

}
