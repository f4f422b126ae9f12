/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.concurrent.CountDownLatch;

import org.jspecify.annotations.Nullable;

/**
 * A thread that is no daemon and does nothing: it keeps an application without a web
 * server alive while there is work in the background.
 */
final class KeepAlive {

	private int holders;

	private @Nullable CountDownLatch released;

	/** Keeps the application alive until as many releases follow. */
	synchronized void hold() {
		if (this.holders++ == 0) {
			CountDownLatch latch = new CountDownLatch(1);
			this.released = latch;
			Thread thread = new Thread(() -> awaitQuietly(latch), "modelcache-keep-alive");
			thread.setDaemon(false);
			thread.start();
		}
	}

	/** Takes back one hold. */
	synchronized void release() {
		if (--this.holders == 0 && this.released != null) {
			this.released.countDown();
			this.released = null;
		}
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
