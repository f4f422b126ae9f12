/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Path;

/**
 * The cache of Hugging Face's own tools.
 *
 * @param directory its root, such as {@code ~/.cache/huggingface/hub}
 * @param links whether symbolic links may be tried
 */
public record HubCacheSettings(Path directory, boolean links) {

}
