/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What the header of a model file says, and what is not a model.
 */
@NullMarked
package dev.modelcache.internal.content.format;

import org.jspecify.annotations.NullMarked;
