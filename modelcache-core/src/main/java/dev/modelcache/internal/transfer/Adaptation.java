/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongSupplier;

import dev.modelcache.internal.content.WebPage;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeRequest.Coding;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What failed requests tell about the way in which a host has to be asked: on how many
 * connections, by ranges or for whole files, and whether with {@code If-Range}. Such a
 * request is not counted. Owned by the {@link Coordinator}.
 */
final class Adaptation {

	private static final Logger logger = LoggerFactory.getLogger(Adaptation.class);

	/** What a host does that serves no further connection. */
	private static final Set<Reason> REFUSALS = EnumSet.of(Reason.UNREACHABLE, Reason.TIMEOUT, Reason.RESET,
			Reason.TLS_FAILED, Reason.SERVER_ERROR, Reason.TOO_MANY_REQUESTS, Reason.TOO_BUSY, Reason.ACCESS_DENIED,
			Reason.LINK_REFUSED, Reason.LINK_EXPIRED, Reason.REFUSED, Reason.NOT_A_MODEL, Reason.PROXY_FAILED);

	/** What a server may do to some ranges, though it has the file. */
	private static final Set<Reason> MENDED_BY_WHOLE_FILES = EnumSet.of(Reason.NO_SUCH_RANGE, Reason.CHANGED,
			Reason.LONG_BODY);

	/**
	 * What a server, or a firewall before it, may say to ranges, though it has the file.
	 */
	private static final Set<Reason> REFUSED_RANGES = EnumSet.of(Reason.REFUSED, Reason.ACCESS_DENIED, Reason.NOT_FOUND,
			Reason.LINK_REFUSED, Reason.LINK_EXPIRED, Reason.OTHER_DIGEST, Reason.BAD_REDIRECT);

	/**
	 * What a server, or what is before it, may do to all ranges, or to all but the first,
	 * though it has the file.
	 */
	private static final Set<Reason> BROKEN_RANGES = EnumSet.of(Reason.SERVER_ERROR, Reason.RESET, Reason.TIMEOUT,
			Reason.STALLED, Reason.SHORT_BODY, Reason.ILLEGAL_RESPONSE, Reason.BAD_RANGE, Reason.NOT_A_MODEL,
			Reason.NOT_READY, Reason.LOGIN_REQUIRED, Reason.TOO_MANY_REQUESTS);

	private final DownloadPlan plan;

	private final WorkMap work;

	private final Collection<Fetch> live;

	private final LongSupplier now;

	private final boolean several;

	/**
	 * Creates the adaptation of one transfer.
	 * @param plan what is fetched
	 * @param work what of it is there
	 * @param live the connections that are open, as they change
	 * @param several whether there may be several of them
	 * @param now tells the time in nanoseconds
	 */
	Adaptation(DownloadPlan plan, WorkMap work, Collection<Fetch> live, boolean several, LongSupplier now) {
		this.plan = plan;
		this.work = work;
		this.live = live;
		this.several = several;
		this.now = now;
	}

	/**
	 * Returns how a mirror is asked.
	 * @param mirror the mirror
	 * @param mode how it is asked at the moment
	 * @param segment what is missing
	 * @param compared how many bytes before that are compared with those that are there
	 */
	RangeRequest request(MirrorState mirror, FetchMode mode, Segment segment, long compared) {
		Coding coding = mirror.ladder().coding();
		if (mode == FetchMode.WHOLE_FILE) {
			return RangeRequest.wholeFile(mirror.mirror()).with(coding);
		}
		boolean toTheEnd = mode == FetchMode.ONE_CONNECTION && Long.valueOf(segment.end()).equals(this.work.size());
		long start = segment.position() - compared;
		boolean sameVersion = (this.work.written() > 0 || start > 0)
				&& (this.plan.file().expected() == null || mirror.host().comparesIfRange());
		return new RangeRequest(mirror.mirror(), new ByteRange(start, toTheEnd ? ByteRange.OPEN : segment.end()),
				sameVersion ? mirror.validator() : null)
			.with(coding);
	}

	/**
	 * A server that failed at ranges, and then sends the whole file, may have been about
	 * to start. Of a file that is worth several connections, or of which a part is there,
	 * ranges are tried once more.
	 * @throws RequestFailedException if they are, so that the answer is not taken
	 */
	void tryRangesAgain(Fetch fetch, RangeResponse response) {
		Long size = response.totalBytes();
		boolean joinable = this.plan.file().expected() != null || response.validator() != null
				|| this.work.written() > 0;
		boolean worth = size != null && ((this.work.written() > 0) ? size.equals(this.work.size())
				: this.several && this.work.isWorthSeveral(size));
		if (!fetch.request.ranged() && joinable && worth && fetch.mirror.ladder().triesRangesAgain()) {
			fetch.mirror.countFromOne();
			fetch.lowered = true;
			fetch.passedOver = true;
			throw new RequestFailedException(Reason.BAD_RANGE, fetch.mirror.mirror(),
					"sends the file now, after requests for its ranges failed", null);
		}
	}

	/**
	 * One host has several validators for one file: the digest alone tells its versions
	 * apart.
	 */
	void ignoreIfRange(Fetch fetch) {
		fetch.lowered = true;
		if (fetch.mirror.host().ignoreIfRange()) {
			logger.info("Model '{}': {} sends different ETags for one file, so only the digest shows whether its"
					+ " parts belong together", this.plan.modelId(), fetch.mirror.mirror());
		}
	}

	/**
	 * The file is there, and has the right digest if one is expected. Where it came
	 * without ranges, after it had been wrong in ranges, its host is asked for whole
	 * files from now on. So it is where all ranges failed.
	 * @param sender who sent it
	 * @param mirrors all mirrors of the transfer
	 */
	void wasRight(Mirror sender, Mirrors mirrors) {
		boolean lone = mirrors.all().stream().map(MirrorState::host).distinct().count() == 1;
		if (this.plan.mode() != FetchMode.SEGMENTS && this.plan.file().expected() != null && lone
				&& mirrors.all().get(0).host().stepDown(this.plan.mode())) {
			logger.info("Model '{}': the file from {} is right without ranges, and was wrong with ranges; from now on,"
					+ " whole files are requested from its host", this.plan.modelId(), sender);
		}
		for (MirrorState mirror : mirrors.all()) {
			if (mirror.bytes() > 0 && mirror.ladder().haveRangesFailedAgain() && !mirror.host().sendsRanges()
					&& mirror.host().stepDown(FetchMode.WHOLE_FILE)) {
				logger.info(
						"Model '{}': {} failed at all ranges, and sent data without them; from now on, whole files are"
								+ " requested from its host",
						this.plan.modelId(), mirror.mirror());
			}
		}
	}

	/**
	 * Draws the conclusions of a failed request.
	 * @param fetch its connection, which has ended
	 * @param failed how it failed
	 * @return {@code true} if its host will be asked otherwise, so that it does not count
	 */
	boolean follows(Fetch fetch, RequestFailedException failed) {
		return fetch.lowered || asksForOtherCoding(fetch, failed) || isSurplus(fetch, failed)
				|| refusesIfRange(fetch, failed) || stepsDown(fetch, failed);
	}

	/** Counts a failed request from which nothing follows. */
	void count(Fetch fetch, RequestFailedException failed) {
		// The connection that was served before may not have ended for the host.
		boolean busy = fetch.mirror.host().isLimited() && isRefusal(fetch, failed);
		fetch.mirror.failed(busy ? failed.ofABusyHost() : failed, fetch, this.now.getAsLong());
		if (!fetch.request.ranged() || !fetch.mirror.mayTryWholeFile()) {
			return;
		}
		if (fetch.brought && BROKEN_RANGES.contains(failed.reason()) && fetch.mirror.bringsLittle()
				&& this.work.hasLittle()) {
			fetch.mirror.ladder().rangesBringLittle(failed);
			if (fetch.mirror.isDropped()) {
				fetch.mirror.comesBackLater(failed, this.now.getAsLong());
			}
			return;
		}
		boolean dropped = fetch.mirror.isDropped();
		// The last of the attempts, where no byte ever came: there are no more than the
		// user wants. One more where some came.
		boolean last = (this.work.written() == 0) ? fetch.mirror.hasOneAttemptLeft() : dropped;
		if (dropped && MENDED_BY_WHOLE_FILES.contains(failed.reason())) {
			fetch.mirror.ladder().rangesAreWrong();
			fetch.mirror.comesBack();
		}
		else if (dropped && mayMeanTheRange(failed)) {
			fetch.mirror.ladder().rangesAreRefused(failed.problem());
			fetch.mirror.comesBack();
		}
		else if (last && (this.work.hasLittle() || !fetch.mirror.host().sendsRanges())
				&& BROKEN_RANGES.contains(failed.reason())) {
			// It may be an outage: much of a file is worth more than another way, unless
			// the host never sent a range that could complete it.
			fetch.mirror.ladder().rangesBreak(failed);
			if (dropped) {
				fetch.mirror.comesBackLater(failed, this.now.getAsLong());
			}
		}
	}

	/**
	 * The host encodes the file though that is not wanted, or refuses to be told so. That
	 * may hold for this file alone.
	 */
	private boolean asksForOtherCoding(Fetch fetch, RequestFailedException failed) {
		boolean refused = failed.reason() == Reason.REFUSED && failed.status() == 406;
		Coding asked = fetch.request.coding();
		Coding next = switch (asked) {
			case REFUSED -> (refused || failed.reason() == Reason.ENCODED) ? Coding.UNSAID : null;
			case UNSAID -> (failed.reason() == Reason.ENCODED) ? decodedOrNot() : null;
			// Only a digest tells whether the label is wrong.
			case DECODED ->
				(this.plan.file().expected() != null && isWronglyDecoded(fetch, failed)) ? Coding.TAKEN : null;
			case TAKEN -> null;
		};
		if (next != null && asked == fetch.mirror.ladder().coding()) {
			if (asked == Coding.DECODED) {
				fetch.mirror.ladder().takesEncoded(failed);
			}
			fetch.mirror.ladder().coding(next);
			logger.info("Model '{}': {}; the request is repeated without Accept-Encoding{}", this.plan.modelId(),
					failed.problem(), (next == Coding.UNSAID) ? "" : ", for the whole file");
		}
		return next != null;
	}

	/**
	 * Where the decoded bytes are too many, the size of the file is that of the others.
	 */
	private static boolean isWronglyDecoded(Fetch fetch, RequestFailedException failed) {
		return failed.reason() == Reason.LONG_BODY || (failed.reason() == Reason.ENCODED
				&& !WebPage.isBinary(String.valueOf(fetch.mirror.mirror().uri().getPath())));
	}

	/** Where the decoded bytes had a wrong digest, the bytes as they are may be right. */
	private Coding decodedOrNot() {
		boolean second = this.plan.file().expected() != null && this.plan.wholeFileAttempt() % 2 == 1;
		return second ? Coding.TAKEN : Coding.DECODED;
	}

	/**
	 * The host refuses requests that say which version they are about. A digest tells
	 * that, too.
	 */
	private boolean refusesIfRange(Fetch fetch, RequestFailedException failed) {
		boolean refused = failed.reason() == Reason.REFUSED || failed.reason() == Reason.ACCESS_DENIED;
		if (!refused || fetch.request.ifRange() == null || this.plan.file().expected() == null) {
			return false;
		}
		fetch.mirror.host().ignoreIfRange();
		return true;
	}

	/**
	 * A request that is refused while others of ours are served: the host serves no more
	 * connections than those.
	 */
	private boolean isSurplus(Fetch fetch, RequestFailedException failed) {
		Hosts.Host host = fetch.mirror.host();
		int served = host.served(fetch.others);
		if (served == 0 || !(isRefusal(fetch, failed) || (!fetch.accepted && failed.isOfABusyHost()))) {
			return false;
		}
		if (host.serves(served, this.now.getAsLong())) {
			logger.info("Model '{}': {} while {} of its connections received data; no more are opened to that host",
					this.plan.modelId(), failed.problem(), served);
		}
		return true;
	}

	/** A request was refused although the host has served others of this transfer. */
	private boolean isRefusal(Fetch fetch, RequestFailedException failed) {
		boolean served = fetch.mirror.bytes() > 0
				|| this.live.stream().anyMatch((other) -> other.accepted && other.mirror.host() == fetch.mirror.host());
		return served && !fetch.accepted && REFUSALS.contains(failed.reason());
	}

	/**
	 * It may be the range that is refused, or the file: one request without a range
	 * tells, and only for this transfer. 401 is about credentials.
	 */
	private static boolean mayMeanTheRange(RequestFailedException failed) {
		return REFUSED_RANGES.contains(failed.reason()) && failed.status() != 401;
	}

	/** Says why a file that was asked for in ranges comes as a whole. */
	void accepted(Fetch fetch) {
		fetch.mirror.ladder().accepted(fetch.request.ranged());
		String refusal = fetch.mirror.ladder().refusal();
		if (refusal != null && !fetch.request.ranged()) {
			logger.info("Model '{}': {}, but only for ranges; the whole file is downloaded on one connection",
					this.plan.modelId(), refusal);
		}
		RequestFailedException broken = fetch.mirror.ladder().broken();
		if (broken != null && !fetch.request.ranged()) {
			logger.info("Model '{}': {}, when ranges were requested: the whole file comes on one connection",
					this.plan.modelId(), broken.problem());
		}
	}

	/** The host does not send ranges as they are asked for. */
	private boolean stepsDown(Fetch fetch, RequestFailedException failed) {
		MirrorState mirror = fetch.mirror;
		RangeRequest request = fetch.request;
		boolean first = mirror.bytes() == 0 && !mirror.host().sendsRanges();
		if (!request.ranged()) {
			// Some servers refuse to send a very large file as a whole.
			boolean refused = (failed.reason() == Reason.REFUSED || failed.reason() == Reason.ACCESS_DENIED)
					&& mirror.host().sendsRanges() && mirror.ladder().refusal() == null && !mirror.ladder().isInDoubt();
			return refused && mirror.host().refusedWholeFile();
		}
		if (first && mirror.mayTryWholeFile() && mayMeanTheRange(failed)) {
			mirror.ladder().rangesAreRefused(failed.problem());
			mirror.comesBack();
			return true;
		}
		if (mirror.ladder().refusal() != null && mirror.mode() == FetchMode.WHOLE_FILE && mayMeanTheRange(failed)) {
			// Several connections were refused at once.
			return true;
		}
		if (mirror.ladder().rangesFailAgain()) {
			// However they fail: the whole file was answered.
			mirror.waitsAsAsked(failed, this.now.getAsLong());
			return true;
		}
		FetchMode below = (fetch.mode == FetchMode.SEGMENTS && !request.range().isOpen()) ? FetchMode.ONE_CONNECTION
				: FetchMode.WHOLE_FILE;
		FetchMode next = switch (failed.reason()) {
			case BAD_RANGE -> below;
			case NO_SUCH_RANGE -> first ? below : FetchMode.SEGMENTS;
			default -> FetchMode.SEGMENTS;
		};
		if (next.isBelow(fetch.mode) && next.isBelow(mirror.mode()) && mirror.host().stepDown(next)) {
			logger.info("Model '{}': {}; from now on, {} requested from its host", this.plan.modelId(),
					failed.problem(),
					(mirror.mode() == FetchMode.WHOLE_FILE) ? "whole files are" : "one range at a time is");
		}
		return next.isBelow(fetch.mode) && mirror.mode().isBelow(fetch.mode);
	}

}
