/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Loads models once, and classifies texts one at a time.
 */
@NullMarked
package dev.modelcache.internal.runtime;

import org.jspecify.annotations.NullMarked;
