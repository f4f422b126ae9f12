/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * HTTP: ranges of files, small answers about models, and one set of rules for redirects,
 * pauses, failures and attempts.
 */
@NullMarked
package dev.modelcache.internal.http;

import org.jspecify.annotations.NullMarked;
