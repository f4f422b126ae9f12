/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The application whose start is measured.
 */
@NullMarked
package dev.modelcache.benchmarks.start;

import org.jspecify.annotations.NullMarked;
