/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Auto-configuration for running models with llama.cpp.
 */
@NullMarked
package dev.modelcache.llama.autoconfigure;

import org.jspecify.annotations.NullMarked;
