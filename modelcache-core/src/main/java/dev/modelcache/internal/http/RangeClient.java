/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Fetches ranges of bytes over one kind of wire.
 * <p>
 * <em>Blocking</em>: must not block. <em>Errors</em>: {@link RequestFailedException}.
 */
public interface RangeClient {

	/**
	 * Sends a request and has its answer taken.
	 * @param request the request
	 * @param body takes the bytes of the file, as soon as they arrive; nothing is
	 * requested for it, each buffer is its to release, and it is cancelled when the
	 * exchange ends
	 * @param answered is told what the mirror says of the file, on another thread than
	 * the body maybe; its result ends the exchange and frees the connection, also when
	 * the body was not read
	 * @return completes with that result; cancelling it ends the exchange
	 */
	Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
			Function<RangeResponse, Mono<Void>> answered);

	/**
	 * Has bytes taken until the work that they are for ends. They are subscribed to at
	 * once: WebClient reads a body that no one has subscribed to until its end, when the
	 * exchange is cancelled or fails; this one is cancelled instead, which closes the
	 * connection.
	 * @param work the work
	 * @param bytes the bytes
	 * @param body takes them
	 * @param <T> the type of the result
	 * @return the result of the work
	 */
	static <T> Mono<T> during(Mono<T> work, Flux<DataBuffer> bytes, CoreSubscriber<? super DataBuffer> body) {
		AtomicReference<@Nullable Subscription> taken = new AtomicReference<>();
		bytes.doOnSubscribe(taken::set).subscribe(body);
		return work.doFinally((signal) -> {
			Subscription subscription = taken.get();
			if (subscription != null) {
				subscription.cancel();
			}
		});
	}

}
