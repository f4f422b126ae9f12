/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;

/**
 * Expected digest of a file, with its origin.
 *
 * @param digest the digest
 * @param origin the origin of the digest
 */
public record ExpectedDigest(Digest digest, DigestOrigin origin) {

}
