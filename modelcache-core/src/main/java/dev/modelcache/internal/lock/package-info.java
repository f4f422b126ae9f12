/**
 * Locks of models and of working files, between threads and between processes.
 */
@NullMarked
package dev.modelcache.internal.lock;

import org.jspecify.annotations.NullMarked;
