/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Stores models on the disk: places, staged files, receipts, publishing and eviction.
 */
@NullMarked
package dev.modelcache.internal.store;

import org.jspecify.annotations.NullMarked;
