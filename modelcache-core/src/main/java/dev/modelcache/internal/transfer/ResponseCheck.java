/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Origin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the head of a response with what is known of the file: its size, its
 * validator, its digest, and whether anything will prove that the body was whole. What it
 * says of the file is known from then on. Owned by the {@link Coordinator}.
 */
final class ResponseCheck {

	private static final Logger logger = LoggerFactory.getLogger(ResponseCheck.class);

	private final DownloadPlan plan;

	private final WorkMap work;

	private final Mirrors mirrors;

	private final BlockLog log;

	private final TransferListener listener;

	private @Nullable Origin bytesFrom;

	private @Nullable MirrorState shown;

	private boolean toldOneConnection;

	ResponseCheck(DownloadPlan plan, WorkMap work, Mirrors mirrors, BlockLog log, TransferListener listener) {
		this.plan = plan;
		this.work = work;
		this.mirrors = mirrors;
		this.log = log;
		this.listener = listener;
	}

	/** Takes over where the bytes come from that an earlier transfer left. */
	void resume(JournalContents left) {
		Mirror source = (this.plan.file().expected() == null) ? left.onlySource(this.plan) : null;
		if (source != null) {
			this.mirrors.validatorIs(source, left.validatorOf(source));
			this.mirrors.prefer(source);
			this.bytesFrom = source.origin();
		}
	}

	/** The file begins again, as whatever version its servers have now. */
	void forget() {
		this.mirrors.forgetValidators();
		this.bytesFrom = null;
	}

	/** The bytes that are there can be told to belong to this mirror's file. */
	boolean isProvable(MirrorState mirror) {
		return this.plan.file().expected() != null
				|| (mirror.validator() != null && mirror.mirror().origin().equals(this.bytesFrom));
	}

	/**
	 * Checks a response before any of its bytes is taken, and takes note of it.
	 * @param mirror the mirror that answers
	 * @param segment what it was asked for
	 * @param response the response
	 * @param shared whether other requests for the same file are under way
	 * @throws RequestFailedException if it contradicts what is known
	 */
	void accept(MirrorState mirror, Segment segment, RangeResponse response, boolean shared) {
		checkTotal(mirror, response.totalBytes());
		checkValidator(mirror, response.validator(), shared || this.work.written() > 0);
		checkStated(mirror, response.stated());
		checkEnd(mirror, response);
		String validator = response.validator();
		if (validator != null) {
			this.log.pinned(mirror.mirror(), validator);
			this.mirrors.validatorIs(mirror.mirror(), validator);
		}
		this.bytesFrom = mirror.mirror().origin();
		Long size = (response.totalBytes() != null) ? response.totalBytes() : this.plan.file().size();
		if (size != null) {
			this.work.sizeIs(size);
		}
		if (!isRange(response) && this.work.extend(segment) && !this.toldOneConnection) {
			this.toldOneConnection = true;
			logger.info("Model '{}': {} sends no ranges, so one connection fetches the whole file", this.plan.modelId(),
					mirror.mirror());
		}
		show(mirror);
	}

	private static boolean isRange(RangeResponse response) {
		return response.bodyEnd() != null && (response.start() > 0 || !response.whole());
	}

	/** Of the mirrors that take part at once, the first one is shown as the source. */
	private void show(MirrorState mirror) {
		if (this.shown == null || this.plan.file().expected() == null || this.shown.isDropped()) {
			this.shown = mirror;
			this.listener.answered(mirror.mirror(), this.work.size());
		}
	}

	/** Returns whether other connections can fetch further ranges of the same file. */
	boolean leavesWorkForOthers(MirrorState mirror, RangeResponse response) {
		return isRange(response) && this.work.isWorthSeveral() && isProvable(mirror);
	}

	private void checkTotal(MirrorState mirror, @Nullable Long total) {
		Long known = this.work.size();
		Long stated = this.plan.file().size();
		if (total != null && known != null && !total.equals(known)) {
			throw contradiction(mirror, "says that the file has " + total + " bytes, after " + known);
		}
		if (total != null && stated != null && !total.equals(stated)) {
			throw contradiction(mirror, "says that the file has " + total + " bytes, its source says " + stated);
		}
	}

	/**
	 * RFC 9110, section 15.3.7: a part repeats the validator of the whole. Where it does
	 * not, a digest may still tell; without one, nothing would.
	 */
	private void checkValidator(MirrorState mirror, @Nullable String validator, boolean shared) {
		String pinned = mirror.validator();
		boolean same = (validator != null) ? validator.equals(pinned) : this.plan.file().expected() != null;
		if (shared && pinned != null && !same) {
			throw contradiction(mirror, "now has another version of the file");
		}
	}

	/**
	 * A digest that the server states proves nothing, but it may refute. That of a
	 * compressed file says nothing of its content, whose digest may be the expected one.
	 */
	private void checkStated(MirrorState mirror, Set<Digest> stated) {
		ExpectedDigest expected = this.plan.file().expected();
		if (expected == null || this.plan.decompression() != null || stated.contains(expected.digest())) {
			return;
		}
		stated.stream()
			.filter((digest) -> digest.algorithm() == expected.digest().algorithm())
			.findFirst()
			.ifPresent((digest) -> {
				throw new RequestFailedException(Reason.OTHER_DIGEST, mirror.mirror(),
						"says that the file has the digest " + digest + ", " + expected.origin().description()
								+ " says " + expected.digest(),
						null);
			});
	}

	private void checkEnd(MirrorState mirror, RangeResponse response) {
		boolean sizeKnown = response.totalBytes() != null || this.work.size() != null
				|| this.plan.file().size() != null;
		if (!sizeKnown && !response.endProven() && this.plan.file().expected() == null) {
			throw new RequestFailedException(Reason.UNPROVABLE, mirror.mirror(),
					"sends neither a length nor chunks, so that nothing tells a whole body from a cut one;"
							+ " an expected-checksum would",
					null);
		}
	}

	private static RequestFailedException contradiction(MirrorState mirror, String problem) {
		return new RequestFailedException(Reason.CHANGED, mirror.mirror(), problem, null);
	}

}
