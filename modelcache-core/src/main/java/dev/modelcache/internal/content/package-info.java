/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Reads the bytes of models: digests, decompression and archives.
 */
@NullMarked
package dev.modelcache.internal.content;

import org.jspecify.annotations.NullMarked;
