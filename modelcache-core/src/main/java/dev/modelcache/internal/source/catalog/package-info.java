/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Models that are known by name.
 */
@NullMarked
package dev.modelcache.internal.source.catalog;

import org.jspecify.annotations.NullMarked;
