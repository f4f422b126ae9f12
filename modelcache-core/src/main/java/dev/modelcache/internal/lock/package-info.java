/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Locks of models and of working files, between threads and between processes.
 */
@NullMarked
package dev.modelcache.internal.lock;

import org.jspecify.annotations.NullMarked;
