/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.util.ArrayList;
import java.util.List;

import io.netty.buffer.UnpooledByteBufAllocator;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

/**
 * Makes buffers with a reference count, and knows which of them nobody has released.
 */
public final class TrackedBuffers {

	private final NettyDataBufferFactory factory = new NettyDataBufferFactory(UnpooledByteBufAllocator.DEFAULT);

	private final List<NettyDataBuffer> made = new ArrayList<>();

	/**
	 * Makes a buffer.
	 * @param bytes its content
	 * @return the buffer; the caller's to release
	 */
	public synchronized DataBuffer buffer(byte[] bytes) {
		NettyDataBuffer buffer = this.factory.allocateBuffer(Math.max(1, bytes.length));
		buffer.write(bytes);
		this.made.add(buffer);
		return buffer;
	}

	/**
	 * Returns how many buffers were made.
	 * @return the number
	 */
	public synchronized int made() {
		return this.made.size();
	}

	/**
	 * Returns how many buffers are still held.
	 * @return the number
	 */
	public synchronized long held() {
		return this.made.stream().filter((buffer) -> buffer.getNativeBuffer().refCnt() > 0).count();
	}

}
