/**
 * Locks that exclude concurrent writers of a model.
 */
@NullMarked
package dev.modelcache.lock;

import org.jspecify.annotations.NullMarked;
