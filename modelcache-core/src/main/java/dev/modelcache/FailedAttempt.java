/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * Failed request that led to a {@link ModelCacheException}. Failed requests are among the
 * suppressed exceptions of that exception.
 */
public interface FailedAttempt {

	/**
	 * Returns a description of the problem.
	 * @return the problem, without the user-info, query and fragment of URLs
	 */
	String problem();

}
