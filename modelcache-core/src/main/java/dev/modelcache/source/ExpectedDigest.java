package dev.modelcache.source;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;

/**
 * What the digest of a file should be, and who says so.
 *
 * @param digest the digest
 * @param origin where the expectation came from
 */
public record ExpectedDigest(Digest digest, DigestOrigin origin) {

}
