/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Displays of progress.
 */
@NullMarked
package dev.modelcache.actuate;

import org.jspecify.annotations.NullMarked;
