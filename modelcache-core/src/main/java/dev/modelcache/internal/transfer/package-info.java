/**
 * Bytes: plan, ranges, mirrors, retries, limits.
 */
@NullMarked
package dev.modelcache.internal.transfer;

import org.jspecify.annotations.NullMarked;
