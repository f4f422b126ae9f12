/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Public API of the model cache: the cache and its builder, requests, models, statuses,
 * events and exceptions.
 */
@NullMarked
package dev.modelcache;

import org.jspecify.annotations.NullMarked;
