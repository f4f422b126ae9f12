/**
 * Models that llama.cpp runs.
 */
@NullMarked
package dev.modelcache.runtime.llama;

import org.jspecify.annotations.NullMarked;
