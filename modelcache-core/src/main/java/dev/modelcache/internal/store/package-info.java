/**
 * What is on disk, and how a file becomes visible.
 */
@NullMarked
package dev.modelcache.internal.store;

import org.jspecify.annotations.NullMarked;
