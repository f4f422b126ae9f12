/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Servers that misbehave, large contents and processes, for the tests of several packages
 * and modules.
 */
@NullMarked
package dev.modelcache.testsupport;

import org.jspecify.annotations.NullMarked;
