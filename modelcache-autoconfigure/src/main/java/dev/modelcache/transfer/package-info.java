/**
 * Bytes: plan, ranges, mirrors, retries, limits.
 */
@NullMarked
package dev.modelcache.transfer;

import org.jspecify.annotations.NullMarked;
