/**
 * Byte ranges of local files.
 */
@NullMarked
package dev.modelcache.internal.transfer.file;

import org.jspecify.annotations.NullMarked;
