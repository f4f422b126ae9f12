/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.OptionalLong;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
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

	private static final long LARGEST_PAGE = 64 << 10;

	private static final long LEAST_MODEL = 1 << 20;

	private final DownloadPlan plan;

	private final WorkMap work;

	private final Mirrors mirrors;

	private final BlockLog log;

	private final TransferListener listener;

	private @Nullable Origin bytesFrom;

	private @Nullable MirrorState shown;

	/** The weak validator and the date of the file that the bytes are of. */
	private @Nullable String version;

	private boolean toldOneConnection;

	private boolean toldComparison;

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
			this.bytesFrom = Origin.of(source.uri());
		}
	}

	/** The file begins again, as whatever version its servers have now. */
	void forget() {
		this.mirrors.forgetValidators();
		this.bytesFrom = null;
		this.version = null;
	}

	/** The bytes that are there can be told to belong to this mirror's file. */
	boolean isProvable(MirrorState mirror) {
		return this.plan.file().expected() != null
				|| (mirror.validator() != null && Origin.of(mirror.mirror().uri()).equals(this.bytesFrom));
	}

	/**
	 * Returns whether the bytes that are there are kept when a mirror is asked next for
	 * which nothing proves that they belong to its file.
	 */
	boolean areKept(MirrorState mirror) {
		return this.work.written() == 0 || isComparable(mirror) || mirror.ladder().refusal() != null
				|| mirror.ladder().isInDoubt();
	}

	/**
	 * Returns whether the bytes that are there can be compared with this mirror's file:
	 * nothing proves that they belong to it, but its size, and the last of them.
	 */
	private boolean isComparable(MirrorState mirror) {
		return this.work.size() != null && this.work.frontier() == this.work.written()
				&& Origin.of(mirror.mirror().uri()).equals(this.bytesFrom) && mirror.mode() != FetchMode.WHOLE_FILE;
	}

	/** Says once that bytes are compared. */
	void tellComparison(MirrorState mirror) {
		if (!this.toldComparison) {
			this.toldComparison = true;
			logger.warn("Model '{}': {} sends no strong ETag. A download that was interrupted resumes if the last bytes"
					+ " before that are the same when they are downloaded again. Configure expected-checksum to verify"
					+ " the whole file", this.plan.modelId(), mirror.mirror());
		}
	}

	/**
	 * Returns whether a response brings the file from its first byte on, in answer to a
	 * request for less, or for a file of which a part is there.
	 */
	boolean isFromTheFirstByte(Fetch fetch, RangeResponse response) {
		boolean more = fetch.segment.position() > 0 || (!fetch.request.ranged() && this.work.written() > 0);
		return more && (response.whole() || !fetch.request.ranged());
	}

	/**
	 * Checks a response for which what is there would be given up. RFC 9110, section
	 * 14.2: a server may ignore Range and send the whole file. Where a digest will tell,
	 * another validator is not yet another file: the servers of one host may have one
	 * each.
	 * @param fetch what it was asked for
	 * @param response the response
	 * @param shared whether other requests for the same file are under way
	 * @param adaptation is told where the validators of a host differ
	 * @throws RequestFailedException if what is there is kept
	 */
	void checkReplacement(Fetch fetch, RangeResponse response, boolean shared, Adaptation adaptation) {
		boolean proved = this.plan.file().expected() != null;
		boolean others = proved && this.mirrors.hasOther(fetch.mirror) && fetch.request.ranged();
		boolean sameSize = response.totalBytes() == null || response.totalBytes().equals(this.work.size());
		checkStated(fetch.mirror, response.stated());
		if (!fetch.request.ranged() && !response.whole()) {
			throw new RequestFailedException(Reason.BAD_RANGE, fetch.mirror.mirror(),
					"sent a part of the file instead of all of it", null);
		}
		if (this.work.written() > 0) {
			checkIsFile(fetch, response, proved);
		}
		if (proved && sameSize && fetch.request.ifRange() != null && response.validator() != null
				&& !response.validator().equals(fetch.request.ifRange())) {
			adaptation.ignoreIfRange(fetch);
			throw contradiction(fetch.mirror, "sent the whole file instead of a part, with another ETag");
		}
		if (shared || (others && this.work.written() > 0)) {
			throw (proved && sameSize)
					? new RequestFailedException(Reason.BAD_RANGE, fetch.mirror.mirror(),
							"sent the whole file instead of a part", null)
					: contradiction(fetch.mirror,
							"sent the whole file instead of a part, as servers do when the file has changed");
		}
	}

	/**
	 * What has come is not given up for a page in place of a file, or for bytes that
	 * cannot be decoded.
	 */
	private void checkIsFile(Fetch fetch, RangeResponse response, boolean proved) {
		MirrorState mirror = fetch.mirror;
		if (response.unknownCoding() != null) {
			throw new RequestFailedException(Reason.ENCODED, mirror.mirror(),
					"sent the content encoding " + response.unknownCoding() + ", which was not requested", null);
		}
		Long size = this.work.size();
		Long total = response.totalBytes();
		if (size != null && total != null && isPage(total, size)) {
			throw new RequestFailedException(Reason.NOT_A_MODEL, mirror.mirror(),
					"sent " + total + " bytes instead of a part of the model", null);
		}
		boolean sameSize = size != null && size.equals(total);
		RequestFailedException encoded = mirror.ladder().encoded();
		if (encoded != null && !sameSize && mirror.bytes() == 0) {
			throw encoded;
		}
		if (!mirror.ladder().isInDoubt() || size == null) {
			return;
		}
		RequestFailedException broken = mirror.ladder().broken();
		if (!sameSize && broken != null) {
			// What does not send the file sends the same to ranges: a portal, for
			// example.
			throw broken;
		}
		if (!sameSize) {
			String states = (total != null) ? "states a size of " + total + " bytes" : "states no size";
			throw new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror.mirror(),
					states + ", but stated " + size + " bytes before", null);
		}
		String pinned = mirror.validator();
		if (!proved && pinned != null && !pinned.equals(response.validator())) {
			throw new RequestFailedException(Reason.ILLEGAL_RESPONSE, mirror.mirror(),
					"sent the whole file with another ETag, after a request for a part of it had failed", null);
		}
	}

	/**
	 * Checks a response before any of its bytes is taken, and takes note of it.
	 * @param fetch what it was asked for
	 * @param response the response
	 * @param shared whether other requests for the same file are under way
	 * @throws RequestFailedException if it contradicts what is known
	 */
	void accept(Fetch fetch, RangeResponse response, boolean shared) {
		MirrorState mirror = fetch.mirror;
		checkRange(fetch, response);
		checkTotal(mirror, response.totalBytes());
		checkValidator(mirror, response, shared || this.work.written() > 0);
		checkStated(mirror, response.stated());
		String validator = response.validator();
		if (validator != null) {
			this.log.pinned(mirror.mirror(), validator);
			this.mirrors.validatorIs(mirror.mirror(), validator);
		}
		this.bytesFrom = Origin.of(mirror.mirror().uri());
		if (response.fileName() != null) {
			mirror.fileName(response.fileName());
		}
		if (response.version() != null) {
			this.version = response.version();
		}
		Long size = (response.totalBytes() != null) ? response.totalBytes() : this.plan.file().size();
		if (size != null) {
			this.work.sizeIs(size);
		}
		if (!isRange(response) && this.work.extend(fetch.segment) && !this.toldOneConnection) {
			this.toldOneConnection = true;
			logger.info("Model '{}': {} sends no ranges, so the whole file is downloaded on one connection",
					this.plan.modelId(), mirror.mirror());
		}
		show(mirror);
	}

	static boolean isRange(RangeResponse response) {
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

	/**
	 * A part that does not say how large the file is, or ends before it should, may be
	 * all that there is, or what a server that caps ranges sends first. What follows can
	 * be fetched if something will tell that it belongs to the same file.
	 */
	private void checkRange(Fetch fetch, RangeResponse response) {
		Mirror mirror = fetch.mirror.mirror();
		ByteRange asked = fetch.request.range();
		Long end = response.bodyEnd();
		if (end != null && end <= fetch.segment.position() && asked.start() < fetch.segment.position()) {
			throw new RequestFailedException(Reason.BAD_RANGE, mirror, "sent none of the bytes that are missing", null);
		}
		Long total = (response.totalBytes() != null) ? response.totalBytes() : this.plan.file().size();
		if (response.whole() || end == null) {
			return;
		}
		if (total == null && this.work.size() == null) {
			throw new RequestFailedException(Reason.BAD_RANGE, mirror,
					"sent a part of the file without stating the size of the file", null);
		}
		boolean continued = this.plan.file().expected() != null || response.validator() != null;
		if (asked.isOpen() && total != null && end < total && !continued) {
			throw new RequestFailedException(Reason.BAD_RANGE, mirror,
					"sent bytes up to " + (end - 1) + " of " + total + " instead of all", null);
		}
	}

	/** Some kilobytes in place of a model are what a proxy or a portal says. */
	private static boolean isPage(long total, long stated) {
		return total <= LARGEST_PAGE && stated > LEAST_MODEL;
	}

	private void checkTotal(MirrorState mirror, @Nullable Long total) {
		Long known = this.work.size();
		Long stated = this.plan.file().size();
		if (total != null && known != null && !total.equals(known)) {
			throw contradiction(mirror, "states a size of " + total + " bytes, but stated " + known + " bytes before");
		}
		ExpectedDigest expected = this.plan.file().expected();
		if (total != null && stated != null && !total.equals(stated) && expected != null
				&& expected.origin() == DigestOrigin.LOCK_FILE && !isPage(total, stated)) {
			// Of another size, it has another digest: no further request changes that.
			throw new RequestFailedException(Reason.OTHER_SIZE, mirror.mirror(),
					"states a size of " + total + " bytes, but the lock file states " + stated, null);
		}
		if (total != null && stated != null && !total.equals(stated)) {
			throw contradiction(mirror, "states a size of " + total + " bytes, but its source states " + stated);
		}
	}

	/**
	 * RFC 9110, section 15.3.7: a part repeats the validator of the whole. A digest tells
	 * more than validators, which may differ between the servers of one host.
	 */
	private void checkValidator(MirrorState mirror, RangeResponse response, boolean shared) {
		String pinned = mirror.validator();
		boolean other = pinned != null && !pinned.equals(response.validator());
		boolean later = this.version != null && response.version() != null && !this.version.equals(response.version());
		if (this.plan.file().expected() == null && shared && (other || (pinned == null && later))) {
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
				throw new RequestFailedException(Reason.OTHER_DIGEST, mirror.mirror(), "states the digest " + digest
						+ ", but " + expected.origin().description() + " specifies " + expected.digest(), null);
			});
	}

	/**
	 * Returns whether the header of the file has to tell that it is whole, since nothing
	 * else does.
	 */
	boolean isProvedByHeader(RangeResponse response) {
		return this.work.size() == null && !response.endProven() && this.plan.file().expected() == null;
	}

	/**
	 * Compares the size of a file with what its header says.
	 * @param mirror who sent it
	 * @param stated where the header says that it ends
	 * @param size its size; 0 while it is not known
	 * @throws RequestFailedException if that does not prove it whole
	 */
	void proveEnd(MirrorState mirror, OptionalLong stated, long size) {
		if (stated.isEmpty()) {
			throw new RequestFailedException(Reason.UNPROVABLE, mirror.mirror(),
					"sends neither a length nor chunks, so a whole file cannot be distinguished from a truncated one",
					null);
		}
		if (size > 0 && stated.getAsLong() > size) {
			throw new RequestFailedException(Reason.SHORT_BODY, mirror.mirror(),
					"ended the body after " + size + " bytes, before the end that the file's header states", null);
		}
		if (size > 0) {
			logger.warn(
					"Model '{}': {} sends neither a length nor chunks; the file is considered complete because its header"
							+ " states this size. Configure expected-checksum to verify it",
					this.plan.modelId(), mirror.mirror());
		}
	}

	private static RequestFailedException contradiction(MirrorState mirror, String problem) {
		return new RequestFailedException(Reason.CHANGED, mirror.mirror(), problem, null);
	}

}
