/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Sources that are plain http and https URLs.
 */
@NullMarked
package dev.modelcache.internal.source.web;

import org.jspecify.annotations.NullMarked;
