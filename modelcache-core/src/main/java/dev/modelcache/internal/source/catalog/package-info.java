/**
 * Models that are known by name.
 */
@NullMarked
package dev.modelcache.internal.source.catalog;

import org.jspecify.annotations.NullMarked;
