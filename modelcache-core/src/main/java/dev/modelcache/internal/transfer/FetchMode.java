/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

/**
 * How a file is fetched from a host, from the fastest way to the one that every server
 * knows. Each one is used where those before it do not work.
 */
public enum FetchMode {

	/** In ranges, on several connections. */
	SEGMENTS,

	/** From where it ended to the end of the file, on one connection. */
	ONE_CONNECTION,

	/** By a request without a range, from the first byte. */
	WHOLE_FILE;

	boolean isBelow(FetchMode other) {
		return compareTo(other) > 0;
	}

	static FetchMode lower(FetchMode one, FetchMode other) {
		return one.isBelow(other) ? one : other;
	}

}
