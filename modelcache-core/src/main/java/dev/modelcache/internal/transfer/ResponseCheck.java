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
 */
final class ResponseCheck {

	private final DownloadPlan plan;

	private final WorkMap work;

	ResponseCheck(DownloadPlan plan, WorkMap work) {
		this.plan = plan;
		this.work = work;
	}

	/**
	 * Checks a response before any of its bytes is taken.
	 * @param mirror the mirror that answers
	 * @param response the response
	 * @param shared whether other requests for the same file are under way
	 * @throws RequestFailedException if it contradicts what is known
	 */
	void check(MirrorState mirror, RangeResponse response, boolean shared) {
		checkTotal(mirror, response.totalBytes());
		checkValidator(mirror, response.validator(), shared || this.work.durable() > 0);
		checkStated(mirror, response.stated());
		checkEnd(mirror, response);
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
