/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;

/**
 * A file that came out of an archive.
 *
 * @param name where it stands, below the directory it was unpacked into
 * @param size its size in bytes
 * @param sha256 its digest
 */
public record UnpackedFile(ModelFileName name, long size, Digest sha256) {

}
