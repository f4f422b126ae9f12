/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;

import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * Hears how a transfer goes. Called on transfer threads; must neither block nor throw.
 */
public interface TransferListener {

	/**
	 * A mirror has answered, and its bytes follow.
	 * @param mirror the mirror
	 * @param totalBytes the size of the file, or {@code null}
	 */
	void answered(Mirror mirror, @Nullable Long totalBytes);

	/**
	 * Bytes that are there are compared with what their journal says. Called before each
	 * block.
	 * @param bytes how many bytes have been compared
	 * @param totalBytes the size of the file
	 */
	default void checked(long bytes, long totalBytes) {
	}

	/**
	 * An earlier transfer left bytes that need not come again.
	 * @param position how many bytes of the file are there
	 * @param totalBytes the size of the file
	 */
	void resumed(long position, long totalBytes);

	/**
	 * Bytes reached the disk.
	 * @param mirror who sent them
	 * @param bytes how many
	 * @param position how many bytes of the file are there now; less than before after a
	 * restart
	 */
	void written(Mirror mirror, long bytes, long position);

	/**
	 * Bytes that are there were read once more: hashed, or decompressed. Called for each
	 * piece of at most some MiB.
	 */
	default void advanced() {
	}

	/**
	 * Takes a step of the disk of which no progress can be seen, such as making a file
	 * durable.
	 * @param bytes how many bytes the disk may have to write
	 * @param step the step
	 * @throws IOException if the step fails
	 */
	default void storing(long bytes, DiskStep step) throws IOException {
		step.take();
	}

	/**
	 * A request failed, whether or not another one follows.
	 * @param failure what happened
	 */
	void failed(RequestFailedException failure);

	/**
	 * Another request follows a failed one.
	 * @param failure the failure before
	 */
	void retrying(RequestFailedException failure);

}
