package dev.modelcache.transfer;

import dev.modelcache.transfer.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Compares the head of a response with what is known of the file: its size, its
 * validator, and whether anything will prove that the body was whole.
 * <p>
 * <em>Thread-safety</em>: guarded by the {@link TransferRun} it belongs to.
 */
final class ResponseCheck {

	private final DownloadPlan plan;

	private final SegmentBoard board;

	ResponseCheck(DownloadPlan plan, SegmentBoard board) {
		this.plan = plan;
		this.board = board;
	}

	/**
	 * Checks a response before any of its bytes is taken.
	 * @throws RequestFailedException if it contradicts what is known
	 */
	void check(Fetch fetch, RangeResponse response) {
		checkTotal(fetch, response.totalBytes());
		checkValidator(fetch, response.validator());
		checkEnd(fetch, response);
	}

	private void checkTotal(Fetch fetch, @Nullable Long total) {
		Long known = this.board.size();
		Long stated = this.plan.file().size();
		if (total != null && known != null && !total.equals(known)) {
			throw contradiction(fetch, "says that the file has " + total + " bytes, after " + known);
		}
		if (total != null && stated != null && !total.equals(stated)) {
			throw contradiction(fetch, "says that the file has " + total + " bytes, its source says " + stated);
		}
	}

	private void checkValidator(Fetch fetch, @Nullable String validator) {
		String pinned = fetch.state().validator();
		if (this.board.durable() > 0 && pinned != null && validator != null && !pinned.equals(validator)) {
			throw contradiction(fetch, "now has another version of the file");
		}
	}

	private void checkEnd(Fetch fetch, RangeResponse response) {
		boolean sizeKnown = response.totalBytes() != null || this.board.size() != null
				|| this.plan.file().size() != null;
		if (!sizeKnown && !response.endProven() && this.plan.file().expected() == null) {
			throw new RequestFailedException(Reason.UNPROVABLE, fetch.mirror(),
					"sends neither a length nor chunks, so that nothing tells a whole body from a cut one;"
							+ " an expected-checksum would",
					null);
		}
	}

	private static RequestFailedException contradiction(Fetch fetch, String problem) {
		return new RequestFailedException(Reason.CHANGED, fetch.mirror(), problem, null);
	}

}
