/**
 * Loads models once, and classifies texts one at a time.
 */
@NullMarked
package dev.modelcache.internal.runtime;

import org.jspecify.annotations.NullMarked;
