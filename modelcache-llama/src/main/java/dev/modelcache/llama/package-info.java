/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Running models with llama.cpp in a separate process. In the application,
 * {@code LlamaModelLoader} creates a {@code LlamaLoadedModel}, which starts a
 * {@code LlamaProcess}. In that process, {@code LlamaMain} uses {@code Inference}. They
 * communicate with {@code Request}s.
 */
@NullMarked
package dev.modelcache.llama;

import org.jspecify.annotations.NullMarked;
