/**
 * Spring Boot auto-configuration of the loader for llama.cpp.
 */
@NullMarked
package dev.modelcache.llama.autoconfigure;

import org.jspecify.annotations.NullMarked;
