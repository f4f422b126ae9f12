/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Turns the options of a builder into the settings and parts of a cache.
 */
@NullMarked
package dev.modelcache.internal.assembly;

import org.jspecify.annotations.NullMarked;
