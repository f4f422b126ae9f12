/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Auto-configuration of the model cache.
 */
@NullMarked
package dev.modelcache.autoconfigure;

import org.jspecify.annotations.NullMarked;
