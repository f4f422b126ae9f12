/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * What a mirror says about its file at this moment.
 *
 * @param mirror the mirror that answered
 * @param size the size in bytes
 * @param validator its strong validator, or {@code null} where it gives none
 */
public record SourceState(Mirror mirror, long size, @Nullable String validator) {

}
