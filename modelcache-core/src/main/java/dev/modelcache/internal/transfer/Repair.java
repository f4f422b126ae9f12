package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.SortedSet;

import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which parts of a file with the wrong digest are worth fetching again. First
 * those that the disk does not have as they came. Then, where there are several mirrors,
 * one after the other is believed: what others sent is replaced by what that mirror
 * sends.
 * <p>
 * <em>Thread-safety</em>: guarded by the {@link TransferRun} it belongs to.
 */
final class Repair {

	private static final Logger logger = LoggerFactory.getLogger(Repair.class);

	private final String modelId;

	private final TransferJournal journal;

	private final MirrorSelector mirrors;

	private @Nullable Deque<MirrorState> toBelieve;

	Repair(String modelId, TransferJournal journal, MirrorSelector mirrors) {
		this.modelId = modelId;
		this.journal = journal;
		this.mirrors = mirrors;
	}

	/**
	 * Returns what to fetch again.
	 * @return the ranges, none if the file is beyond repair
	 * @throws IOException if the disk cannot be read
	 */
	Collection<ByteRange> next() throws IOException {
		if (this.toBelieve == null) {
			this.toBelieve = new ArrayDeque<>(this.mirrors.usable());
			SortedSet<Long> damaged = this.journal.damaged();
			if (!damaged.isEmpty()) {
				logger.warn(
						"Model '{}': the disk does not have {} blocks of 1 MiB as they came; they are fetched again",
						this.modelId, damaged.size());
				return ranges(damaged);
			}
		}
		while (!this.toBelieve.isEmpty()) {
			MirrorState believed = this.toBelieve.removeFirst();
			SortedSet<Long> blocks = this.journal.notFrom(believed.mirror());
			if (!blocks.isEmpty() && isAlternative(believed.mirror())) {
				logger.warn("Model '{}': the digest is wrong; {} blocks of 1 MiB are replaced by those of {}",
						this.modelId, blocks.size(), believed.mirror());
				this.mirrors.only(believed);
				return ranges(blocks);
			}
		}
		return List.of();
	}

	/** A lone mirror would send the same again. */
	private boolean isAlternative(Mirror believed) {
		return this.mirrors.all().stream().anyMatch((state) -> !state.mirror().equals(believed));
	}

	private Collection<ByteRange> ranges(SortedSet<Long> blocks) {
		return blocks.stream().map(this.journal::range).toList();
	}

}
