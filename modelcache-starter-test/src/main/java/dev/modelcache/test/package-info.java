/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Support for tests of applications that use a model cache.
 */
@NullMarked
package dev.modelcache.test;

import org.jspecify.annotations.NullMarked;
