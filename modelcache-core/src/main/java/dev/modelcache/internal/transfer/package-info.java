/**
 * Transfers bytes: ranges, segments, mirrors, retries, resume and repair.
 */
@NullMarked
package dev.modelcache.internal.transfer;

import org.jspecify.annotations.NullMarked;
