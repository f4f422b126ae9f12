/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Measures the model cache as an application uses it, beside the tools that a user would
 * pick instead.
 */
@NullMarked
package dev.modelcache.benchmarks;

import org.jspecify.annotations.NullMarked;
