/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.lang.management.ManagementFactory;

import com.sun.management.ThreadMXBean;

/**
 * Counts the bytes that the current thread allocates. Of code that allocates for each
 * step, they tell how many steps it takes, however fast the machine is.
 */
public final class Allocations {

	private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	private Allocations() {
	}

	/**
	 * Runs code.
	 * @param code the code
	 * @return the number of bytes that it allocated
	 */
	public static long of(Runnable code) {
		long before = THREADS.getCurrentThreadAllocatedBytes();
		code.run();
		return THREADS.getCurrentThreadAllocatedBytes() - before;
	}

}
