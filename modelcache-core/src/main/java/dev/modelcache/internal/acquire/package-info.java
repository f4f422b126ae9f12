/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Acquires models: looks for the file, resolves the source, takes the lock, adopts or
 * fetches, verifies and publishes.
 */
@NullMarked
package dev.modelcache.internal.acquire;

import org.jspecify.annotations.NullMarked;
