/**
 * Where a model can be had, and what it should be.
 */
@NullMarked
package dev.modelcache.source;

import org.jspecify.annotations.NullMarked;
