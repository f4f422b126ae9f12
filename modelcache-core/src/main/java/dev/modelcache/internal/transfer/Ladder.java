/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import dev.modelcache.internal.http.RangeRequest.Coding;
import dev.modelcache.internal.http.RequestFailedException;
import org.jspecify.annotations.Nullable;

/**
 * How one mirror is asked in one transfer, and why: in ranges as its host sends them, or
 * for the whole file. What was learned about its host holds for other transfers too; what
 * is known here may be about this file. Owned by the {@link Coordinator}.
 */
final class Ladder {

	/** The most that this transfer asks of it. */
	private final FetchMode most;

	private final Hosts.Host host;

	private Step step = Step.RANGES;

	private Coding coding = Coding.REFUSED;

	private @Nullable String refusal;

	/** The failure of ranges for which the whole file is requested. */
	private @Nullable RequestFailedException broken;

	private boolean failedAgain;

	/** The failure for which bytes with a content coding are taken as they are. */
	private @Nullable RequestFailedException encoded;

	Ladder(FetchMode most, Hosts.Host host) {
		this.most = most;
		this.host = host;
	}

	/**
	 * Returns how the next request fetches. A whole file that broke off goes on where it
	 * ended, if its host sends ranges.
	 * @param begun whether the mirror has brought bytes
	 */
	FetchMode mode(boolean begun) {
		if (this.coding == Coding.DECODED || this.coding == Coding.TAKEN) {
			return FetchMode.WHOLE_FILE;
		}
		if (this.step.isWholeFile() && !this.host.refusesWholeFiles()) {
			return FetchMode.WHOLE_FILE;
		}
		boolean ranged = this.host.refusesWholeFiles() || (begun && this.host.sendsRanges());
		FetchMode own = (this.most == FetchMode.WHOLE_FILE && ranged) ? FetchMode.ONE_CONNECTION : this.most;
		return FetchMode.lower(own, this.host.mode());
	}

	/** Returns what the next request says about content codings. */
	Coding coding() {
		return this.coding;
	}

	/** The next requests say something else about content codings. */
	void coding(Coding next) {
		this.coding = next;
	}

	/**
	 * The bytes are taken as they are, though the mirror names a coding that cannot be
	 * decoded.
	 * @param failure the failure that names it
	 */
	void takesEncoded(RequestFailedException failure) {
		this.coding = Coding.TAKEN;
		this.encoded = failure;
	}

	/**
	 * Returns the failure that names the coding of bytes that are taken as they are, if
	 * it cannot be decoded.
	 */
	@Nullable RequestFailedException encoded() {
		return this.encoded;
	}

	/** Ranges were not the file's: the whole file, to the end of the transfer. */
	void rangesAreWrong() {
		this.step = Step.WHOLE_FILE;
	}

	/**
	 * A range was refused, or the file: a request for the whole file tells.
	 * @param answer what the mirror answered
	 */
	void rangesAreRefused(String answer) {
		this.step = Step.IN_DOUBT;
		this.refusal = answer;
	}

	/**
	 * Ranges break, again and again: the whole file, until it brings a byte.
	 * @param failure the last failure
	 */
	void rangesBreak(RequestFailedException failure) {
		this.step = Step.BROKEN;
		this.broken = failure;
	}

	/**
	 * Ranges break after hardly any bytes each: the whole file, and no range before it
	 * brings a byte.
	 * @param failure the last failure
	 */
	void rangesBringLittle(RequestFailedException failure) {
		this.step = Step.BROKEN_AGAIN;
		this.broken = failure;
	}

	/**
	 * Returns the failure of ranges for which the whole file is requested, until it
	 * brings a byte.
	 */
	@Nullable RequestFailedException broken() {
		return (this.step == Step.BROKEN || this.step == Step.BROKEN_AGAIN) ? this.broken : null;
	}

	/**
	 * A whole file brings bytes. If it breaks off, what is missing is requested in ranges
	 * and nothing else, until more has come than ever before: each way of asking has been
	 * tried.
	 */
	void wholeFileComes() {
		if (broken() != null) {
			this.step = Step.RESUMED;
		}
	}

	/**
	 * The whole file is there for the asking, after ranges have broken: the server may
	 * have been about to start. The next request is for a range again, once.
	 * @return whether that is so
	 */
	boolean triesRangesAgain() {
		return moves(Step.BROKEN, Step.TRIED_AGAIN);
	}

	/**
	 * A range failed when it was tried again, however: the whole file, until it brings a
	 * byte.
	 * @return whether it was tried again
	 */
	boolean rangesFailAgain() {
		this.failedAgain |= this.step == Step.TRIED_AGAIN;
		return moves(Step.TRIED_AGAIN, Step.BROKEN_AGAIN);
	}

	/**
	 * Returns whether ranges failed, and failed again after the whole file was there for
	 * the asking.
	 */
	boolean haveRangesFailedAgain() {
		return this.failedAgain;
	}

	/**
	 * An answer was accepted.
	 * @param ranged whether a range was asked for
	 */
	void accepted(boolean ranged) {
		if (!ranged) {
			moves(Step.IN_DOUBT, Step.REFUSED);
		}
	}

	/** New bytes have come: broken requests say nothing about ranges any more. */
	void progressed() {
		if (broken() != null || this.step == Step.TRIED_AGAIN || this.step == Step.RESUMED) {
			this.step = Step.RANGES;
		}
	}

	private boolean moves(Step from, Step to) {
		boolean there = this.step == from;
		this.step = there ? to : this.step;
		return there;
	}

	/** Returns whether no other way of asking is left. */
	boolean isAtItsEnd() {
		return this.step == Step.WHOLE_FILE || this.step == Step.RESUMED || this.refusal != null;
	}

	/**
	 * Returns what the mirror answered to a range, if the whole file was tried for it.
	 */
	@Nullable String refusal() {
		return this.refusal;
	}

	/**
	 * Returns whether ranges were refused or broken, and no answer since shows that the
	 * mirror has the file: neither other mirrors nor bytes are given up for it.
	 */
	boolean isInDoubt() {
		return this.step == Step.IN_DOUBT || broken() != null;
	}

	private enum Step {

		RANGES,
		/** After ranges that broke. */
		BROKEN,
		/** Ranges, once more. */
		TRIED_AGAIN,
		/** After ranges that broke, were tried again and failed. */
		BROKEN_AGAIN,
		/** Ranges, after the whole file has brought bytes. */
		RESUMED,
		/** After ranges that were wrong. */
		WHOLE_FILE,
		/** After a range that was refused, while nothing else was answered. */
		IN_DOUBT,
		/** After a range that was refused, and an answer to a request without one. */
		REFUSED;

		boolean isWholeFile() {
			return this != RANGES && this != TRIED_AGAIN && this != RESUMED;
		}

	}

}
