/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Resolution of model URLs to files, mirrors and expected digests.
 */
@NullMarked
package dev.modelcache.source;

import org.jspecify.annotations.NullMarked;
