/**
 * Models that are known by name.
 */
@NullMarked
package dev.modelcache.source.catalog;

import org.jspecify.annotations.NullMarked;
