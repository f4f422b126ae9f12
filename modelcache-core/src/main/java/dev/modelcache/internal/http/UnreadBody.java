/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.publisher.BaseSubscriber;

/**
 * Takes a body of which no byte is wanted.
 */
public final class UnreadBody extends BaseSubscriber<DataBuffer> {

	@Override
	protected void hookOnSubscribe(Subscription subscription) {
		// Nothing is requested.
	}

	@Override
	protected void hookOnError(Throwable failure) {
		// The exchange ends all the same.
	}

}
