/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.util.unit.DataSize;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClient;
import reactor.util.context.Context;

/**
 * Prepares Reactor Netty's client for downloads.
 * <p>
 * Bodies are read in large pieces: Netty's own, 8 KiB each, make a hundred thousand
 * hand-overs a second out of a fast download. A request that is cancelled at the moment
 * its response arrives closes its connection: {@code WebClient} has no hold of the
 * response yet, and Reactor Netty none any more, so that the connection and what was read
 * from it would stay for ever (github.com/spring-projects/spring-framework/issues/37204).
 * Responses are read by a {@link LenientHttpCodec}.
 */
public final class NettyBuffers {

	/** The largest piece of a body that arrives at once. */
	public static final DataSize LARGEST = DataSize.ofKilobytes(128);

	private NettyBuffers() {
	}

	/**
	 * Prepares a client.
	 * @param client the client
	 * @return the client with pieces of {@link #LARGEST}, and with a lenient codec
	 */
	public static HttpClient forDownloads(HttpClient client) {
		int size = (int) LARGEST.toBytes();
		return client
			.doOnChannelInit((observer, channel, address) -> LenientHttpCodec.replaceIn(channel.pipeline(), size))
			.option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(size))
			.mapConnect((response) -> response.cast(Connection.class)
				.transform(Operators.<Connection, Connection>lift((source, actual) -> new Delivery(actual))));
	}

	/**
	 * The delivery of one response, on the event loop of its connection. A cancellation
	 * by the same thread is that of an operator which has what it needs; one by another
	 * thread that comes during or before the delivery may have missed the response.
	 */
	private static final class Delivery implements CoreSubscriber<Connection>, Subscription {

		private final CoreSubscriber<? super Connection> actual;

		private @Nullable Subscription upstream;

		private volatile @Nullable Thread delivering;

		private volatile boolean cancelled;

		Delivery(CoreSubscriber<? super Connection> actual) {
			this.actual = actual;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.upstream = subscription;
			this.actual.onSubscribe(this);
		}

		@Override
		public void onNext(Connection response) {
			this.delivering = Thread.currentThread();
			this.actual.onNext(response);
			if (this.cancelled) {
				response.dispose();
			}
		}

		@Override
		public void onError(Throwable failure) {
			this.actual.onError(failure);
		}

		@Override
		public void onComplete() {
			this.actual.onComplete();
		}

		@Override
		public void request(long n) {
			if (this.upstream != null) {
				this.upstream.request(n);
			}
		}

		@Override
		public void cancel() {
			if (Thread.currentThread() != this.delivering) {
				this.cancelled = true;
			}
			if (this.upstream != null) {
				this.upstream.cancel();
			}
		}

	}

}
