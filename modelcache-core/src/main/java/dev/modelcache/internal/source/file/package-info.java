/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Sources that are files of this machine.
 */
@NullMarked
package dev.modelcache.internal.source.file;

import org.jspecify.annotations.NullMarked;
