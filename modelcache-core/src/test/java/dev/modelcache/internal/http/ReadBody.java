/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.function.Consumer;

import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The body of an answer, which is read when a test says so.
 */
final class ReadBody extends BaseSubscriber<DataBuffer> {

	private final Sinks.Empty<Void> end = Sinks.empty();

	private final Consumer<DataBuffer> taken;

	private final Runnable atTheEnd;

	ReadBody(Consumer<DataBuffer> taken) {
		this(taken, () -> {
		});
	}

	ReadBody(Consumer<DataBuffer> taken, Runnable atTheEnd) {
		this.taken = taken;
		this.atTheEnd = atTheEnd;
	}

	/** Returns what reads the body, once it is subscribed to, and ends with it. */
	Mono<Void> read() {
		return Mono.defer(() -> {
			requestUnbounded();
			return this.end.asMono();
		});
	}

	@Override
	protected void hookOnSubscribe(Subscription subscription) {
		// Nothing is requested before the body is read.
	}

	@Override
	protected void hookOnNext(DataBuffer buffer) {
		this.taken.accept(buffer);
	}

	@Override
	protected void hookOnComplete() {
		this.atTheEnd.run();
		this.end.tryEmitEmpty();
	}

	@Override
	protected void hookOnError(Throwable failure) {
		this.end.tryEmitError(failure);
	}

}
