/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.concurrent.Executor;

import reactor.core.scheduler.Scheduler;

/**
 * The threads of transfers.
 *
 * @param io where files are written; its tasks must not be interrupted, because an
 * interrupt closes a {@link java.nio.channels.FileChannel}
 * @param hashing gives a thread to each running digest
 * @param timer where delays and time-outs run
 */
public record TransferThreads(Scheduler io, Executor hashing, Scheduler timer) {

}
