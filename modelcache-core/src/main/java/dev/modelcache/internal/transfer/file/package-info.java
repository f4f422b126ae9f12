/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Byte ranges of local files.
 */
@NullMarked
package dev.modelcache.internal.transfer.file;

import org.jspecify.annotations.NullMarked;
