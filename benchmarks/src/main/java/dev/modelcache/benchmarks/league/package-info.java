/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Who arrives with the right file, whatever the server does.
 */
@NullMarked
package dev.modelcache.benchmarks.league;

import org.jspecify.annotations.NullMarked;
