/**
 * Turns the options of a builder into the settings and parts of a cache.
 */
@NullMarked
package dev.modelcache.internal.assembly;

import org.jspecify.annotations.NullMarked;
