/**
 * Auto-configuration for running models with llama.cpp.
 */
@NullMarked
package dev.modelcache.llama.autoconfigure;

import org.jspecify.annotations.NullMarked;
