/**
 * Auto-configuration of the model cache.
 */
@NullMarked
package dev.modelcache.autoconfigure;

import org.jspecify.annotations.NullMarked;
