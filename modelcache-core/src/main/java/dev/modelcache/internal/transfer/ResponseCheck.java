package dev.modelcache.internal.transfer;

import java.util.Set;

import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.Digest;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.ExpectedDigest;
import org.jspecify.annotations.Nullable;

/**
 * Compares the head of a response with what is known of the file: its size, its
 * validator, its digest, and whether anything will prove that the body was whole.
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
	 * @param fetch the request it answers
	 * @param response the response
	 * @param shared whether other requests for the same file are under way
	 * @throws RequestFailedException if it contradicts what is known
	 */
	void check(Fetch fetch, RangeResponse response, boolean shared) {
		checkTotal(fetch, response.totalBytes());
		checkValidator(fetch, response.validator(), shared || this.board.durable() > 0);
		checkStated(fetch, response.stated());
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

	/**
	 * RFC 9110, section 15.3.7: a part repeats the validator of the whole. Where it does
	 * not, a digest may still tell; without one, nothing would.
	 */
	private void checkValidator(Fetch fetch, @Nullable String validator, boolean shared) {
		String pinned = fetch.state().validator();
		boolean same = (validator != null) ? validator.equals(pinned) : this.plan.file().expected() != null;
		if (shared && pinned != null && !same) {
			throw contradiction(fetch, "now has another version of the file");
		}
	}

	/**
	 * A digest that the server states proves nothing, but it may refute. That of a
	 * compressed file says nothing of its content, whose digest may be the expected one.
	 */
	private void checkStated(Fetch fetch, Set<Digest> stated) {
		ExpectedDigest expected = this.plan.file().expected();
		if (expected == null || this.plan.decompression() != null || stated.contains(expected.digest())) {
			return;
		}
		stated.stream()
			.filter((digest) -> digest.algorithm() == expected.digest().algorithm())
			.findFirst()
			.ifPresent((digest) -> {
				throw new RequestFailedException(Reason.OTHER_DIGEST, fetch.mirror(),
						"says that the file has the digest " + digest + ", " + expected.origin().description()
								+ " says " + expected.digest(),
						null);
			});
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
