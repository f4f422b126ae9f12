/**
 * Reads the bytes of models: digests, decompression and archives.
 */
@NullMarked
package dev.modelcache.internal.content;

import org.jspecify.annotations.NullMarked;
