/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Finds the resolver of a URL and joins the answers of several sources.
 */
@NullMarked
package dev.modelcache.internal.source;

import org.jspecify.annotations.NullMarked;
