package dev.modelcache.internal.transfer;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * Decides which mirror is asked next. Where a digest will prove the whole, all mirrors
 * take part at once; otherwise one at a time, in their order.
 * <p>
 * <em>Thread-safety</em>: none; guarded by the {@link TransferRun}.
 */
final class MirrorSelector {

	private final List<MirrorState> mirrors;

	private final boolean together;

	private @Nullable MirrorState only;

	/**
	 * Creates a selector.
	 * @param mirrors the mirrors, the preferred one first
	 * @param together whether they may take part at once
	 */
	MirrorSelector(List<MirrorState> mirrors, boolean together) {
		this.mirrors = mirrors;
		this.together = together;
	}

	/** Returns the mirror to ask now, or null if none may be asked at this moment. */
	@Nullable MirrorState select(long nowNanos) {
		return candidates().filter((mirror) -> mirror.isFree() && mirror.notBeforeNanos() <= nowNanos)
			.min(Comparator.comparingInt(MirrorState::active))
			.orElse(null);
	}

	/** Returns how long until a mirror may be asked, or empty if none ever will be. */
	Optional<Long> nanosUntilNext(long nowNanos) {
		return candidates().map((mirror) -> Math.max(0, mirror.notBeforeNanos() - nowNanos)).min(Long::compare);
	}

	/** Asks one mirror alone from now on. */
	void only(MirrorState mirror) {
		this.only = mirror;
	}

	/** Returns all mirrors, those that are not asked any more too. */
	List<MirrorState> all() {
		return this.mirrors;
	}

	/** Returns all mirrors that may still be asked. */
	List<MirrorState> usable() {
		return this.mirrors.stream().filter((mirror) -> !mirror.isDropped()).toList();
	}

	private Stream<MirrorState> candidates() {
		Stream<MirrorState> usable = usable().stream().filter((mirror) -> this.only == null || mirror == this.only);
		return this.together ? usable : usable.limit(1);
	}

	/** Returns whether any request is under way. */
	boolean isBusy() {
		return this.mirrors.stream().anyMatch((mirror) -> mirror.active() > 0);
	}

	/** Returns whether another mirror than this one may still be asked. */
	boolean hasOther(MirrorState mirror) {
		return this.mirrors.stream().anyMatch((other) -> other != mirror && !other.isDropped());
	}

	/** Returns all states of one origin. */
	List<MirrorState> ofOrigin(Mirror mirror) {
		return this.mirrors.stream().filter((state) -> state.mirror().origin().equals(mirror.origin())).toList();
	}

	/** The file begins again, as whatever version its servers have now. */
	void forgetValidators() {
		this.mirrors.forEach((mirror) -> mirror.validator(null));
	}

	/**
	 * The transfer is complete.
	 * @return the mirror that sent the most
	 */
	MirrorState succeeded() {
		this.mirrors.stream().filter((mirror) -> mirror.bytes() > 0).forEach(MirrorState::succeeded);
		return this.mirrors.stream().max(Comparator.comparingLong(MirrorState::bytes)).orElseThrow();
	}

}
