/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

import dev.modelcache.internal.Origin;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * Decides which mirror is asked next. Where a digest will prove the whole, all mirrors
 * take part at once; otherwise one at a time, in their order. Owned by the
 * {@link Coordinator}.
 */
final class Mirrors {

	private final List<MirrorState> mirrors;

	private final boolean together;

	private @Nullable MirrorState only;

	/**
	 * Creates the choice.
	 * @param mirrors the mirrors, the preferred one first
	 * @param together whether they may take part at once
	 */
	Mirrors(List<MirrorState> mirrors, boolean together) {
		this.mirrors = new ArrayList<>(mirrors);
		this.together = together;
	}

	/**
	 * Returns the mirror to ask now, or null if none may be asked at this moment.
	 * @param nowNanos the time
	 * @param whenServed run when one may be whose host serves no more connections now;
	 * stands for the transfer
	 */
	@Nullable MirrorState select(long nowNanos, Runnable whenServed) {
		return candidates().filter((mirror) -> mirror.isFree() && mirror.notBeforeNanos() <= nowNanos)
			.filter((mirror) -> mirror.host().mayBegin(whenServed, nowNanos))
			.min(Comparator.comparingInt(MirrorState::active))
			.orElse(null);
	}

	/** Returns how long until a mirror may be asked, or empty if none ever will be. */
	OptionalLong nanosUntilNext(long nowNanos) {
		return candidates().mapToLong((mirror) -> Math.max(0, mirror.notBeforeNanos() - nowNanos)).min();
	}

	/**
	 * Prefers the mirror that an earlier transfer had the file from: without a digest,
	 * another one's bytes could not be joined to it.
	 */
	void prefer(Mirror mirror) {
		this.mirrors.sort(Comparator.comparing((state) -> !state.mirror().equals(mirror)));
	}

	/** Asks one mirror alone from now on. */
	void only(MirrorState mirror) {
		this.only = mirror;
	}

	/** Returns all mirrors, those that are not asked any more too. */
	List<MirrorState> all() {
		return this.mirrors;
	}

	/** Returns all mirrors that may still be asked, those last that may not have it. */
	List<MirrorState> usable() {
		return this.mirrors.stream()
			.filter((mirror) -> !mirror.isDropped())
			.sorted(Comparator.comparing((mirror) -> mirror.ladder().isInDoubt()))
			.toList();
	}

	/** What sends whole files alone cannot add to what others send: it is the last. */
	private Stream<MirrorState> candidates() {
		List<MirrorState> usable = this.mirrors.stream()
			.filter((mirror) -> !mirror.isDropped())
			.filter((mirror) -> this.only == null || mirror == this.only)
			.limit(this.together ? Long.MAX_VALUE : 1)
			.toList();
		List<MirrorState> ranged = usable.stream().filter((mirror) -> mirror.mode() != FetchMode.WHOLE_FILE).toList();
		if (!ranged.isEmpty()) {
			return ranged.stream();
		}
		return this.mirrors.stream().anyMatch((mirror) -> mirror.active() > 0) ? Stream.empty() : usable.stream();
	}

	/** Returns whether another mirror than this one can be relied on. */
	boolean hasOther(MirrorState mirror) {
		return usable().stream().anyMatch((other) -> other != mirror && !other.ladder().isInDoubt());
	}

	/** Says which strong validator an origin has for the file. */
	void validatorIs(Mirror origin, @Nullable String validator) {
		this.mirrors.stream()
			.filter((state) -> Origin.of(state.mirror().uri()).equals(Origin.of(origin.uri())))
			.forEach((state) -> state.validator(validator));
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
