/**
 * Locks of models and working files: who may write.
 */
@NullMarked
package dev.modelcache.internal.lock;

import org.jspecify.annotations.NullMarked;
