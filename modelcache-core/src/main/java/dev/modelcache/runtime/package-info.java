/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Use of a model: loading the published file, replacing it with a newer version, and
 * classifying texts.
 */
@NullMarked
package dev.modelcache.runtime;

import org.jspecify.annotations.NullMarked;
