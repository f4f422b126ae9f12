package dev.modelcache.transfer;

import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * A file that has arrived whole. Nobody has compared it with anything yet.
 *
 * @param size its size in bytes
 * @param digests its digests
 * @param mirror who sent its last byte
 * @param validator that mirror's strong validator, or {@code null}
 */
public record TransferResult(long size, Map<Digest.Algorithm, Digest> digests, Mirror mirror,
		@Nullable String validator) {

}
