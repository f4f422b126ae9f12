/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Sources that are repositories of the Hugging Face Hub.
 */
@NullMarked
package dev.modelcache.internal.source.huggingface;

import org.jspecify.annotations.NullMarked;
