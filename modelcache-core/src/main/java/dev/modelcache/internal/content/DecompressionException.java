/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/**
 * Compressed bytes that cannot be decompressed, and why.
 */
final class DecompressionException extends IOException {

	private final Reason reason;

	DecompressionException(Reason reason, String detail, @Nullable Throwable cause) {
		super(detail, cause);
		this.reason = reason;
	}

	static DecompressionException truncated() {
		return new DecompressionException(Reason.TRUNCATED, "more bytes were expected", null);
	}

	Reason reason() {
		return this.reason;
	}

	/** What is wrong with the bytes. */
	enum Reason {

		/** They are not of this format at all. */
		ANOTHER_FORMAT,

		/** They end before the format does. */
		TRUNCATED,

		/** They go on after the format's end. */
		TRAILING,

		/** They contradict the format or its checksums. */
		CORRUPT,

		/** They want more memory, or a feature that the reader lacks. */
		UNSUPPORTED

	}

}
