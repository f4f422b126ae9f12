/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.time.Duration;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import org.awaitility.Awaitility;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An HTTP client whose buffers are counted, on connections of its own. {@link #close()
 * Closing} it closes the connections and checks that every buffer was released.
 */
public final class CountedBuffers implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

	private final ConnectionProvider connections = ConnectionProvider.create("counted", 64);

	/**
	 * Returns the client.
	 * @return the client
	 */
	public HttpClient client() {
		return HttpClient.create(this.connections).option(ChannelOption.ALLOCATOR, this.allocator);
	}

	/**
	 * Returns how much memory is held.
	 * @return the memory in bytes
	 */
	public long bytesHeld() {
		return this.allocator.metric().usedDirectMemory() + this.allocator.metric().usedHeapMemory();
	}

	@Override
	public void close() {
		this.connections.dispose();
		Awaitility.await("all buffers released")
			.dontCatchUncaughtExceptions()
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(10))
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(bytesHeld()).as("bytes held").isZero());
	}

}
