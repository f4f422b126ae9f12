/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Transfers bytes: ranges, segments, mirrors, retries, resume and repair.
 */
@NullMarked
package dev.modelcache.internal.transfer;

import org.jspecify.annotations.NullMarked;
