/**
 * Measures the model cache as an application uses it, beside the tools that a user would
 * pick instead.
 */
@NullMarked
package dev.modelcache.benchmarks;

import org.jspecify.annotations.NullMarked;
