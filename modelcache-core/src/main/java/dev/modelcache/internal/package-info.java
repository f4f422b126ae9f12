/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What several packages of the engine share: URLs without their secrets, and the last
 * catch.
 */
@NullMarked
package dev.modelcache.internal;

import org.jspecify.annotations.NullMarked;
