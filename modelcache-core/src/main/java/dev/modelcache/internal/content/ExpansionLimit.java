/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import dev.modelcache.ModelFormatException;

/**
 * How much a file may unfold. At no moment is there more content than the bytes that have
 * arrived may give: what would be more waits for further ones. So the outcome depends on
 * the file alone, never on how fast it arrives, and a source gains nothing by announcing
 * a size that it does not send. A file that unfolds too far is noticed when it is whole.
 */
final class ExpansionLimit {

	/** A small file of zeros is not an attack. */
	static final long ALWAYS_ALLOWED = 1 << 20;

	private final DecompressionPlan plan;

	private final Frontier compressed;

	ExpansionLimit(DecompressionPlan plan, Frontier compressed) {
		this.plan = plan;
		this.compressed = compressed;
	}

	/**
	 * Waits until there may be this much content.
	 * @throws ModelFormatException if there may never be
	 */
	void await(long contentSize) throws StoppedException {
		long arrived = this.compressed.position();
		while (contentSize > allowedFor(arrived)) {
			long now = this.compressed.awaitMore(arrived, 1);
			if (now == arrived) {
				throw new ModelFormatException(this.plan.modelId(),
						"the content of " + this.plan.source() + " is more than " + this.plan.settings().maxExpansion()
								+ " times as large as the file of " + now + " bytes",
						"Increase hooks.llm.download.max-expansion if the file is correct");
			}
			arrived = now;
		}
	}

	private long allowedFor(long bytes) {
		int factor = this.plan.settings().maxExpansion();
		long allowed = (bytes <= Long.MAX_VALUE / factor) ? bytes * factor : Long.MAX_VALUE;
		return Math.max(ALWAYS_ALLOWED, allowed);
	}

}
