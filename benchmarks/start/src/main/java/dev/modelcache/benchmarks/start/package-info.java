/**
 * The application whose start is measured.
 */
@NullMarked
package dev.modelcache.benchmarks.start;

import org.jspecify.annotations.NullMarked;
