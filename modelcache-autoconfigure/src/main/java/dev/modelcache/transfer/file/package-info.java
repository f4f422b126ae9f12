/**
 * Byte ranges of local files.
 */
@NullMarked
package dev.modelcache.transfer.file;

import org.jspecify.annotations.NullMarked;
