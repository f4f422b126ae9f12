/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Locks that exclude concurrent writers of a model.
 */
@NullMarked
package dev.modelcache.lock;

import org.jspecify.annotations.NullMarked;
