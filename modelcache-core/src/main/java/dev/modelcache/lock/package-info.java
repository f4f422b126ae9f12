/**
 * Who may write.
 */
@NullMarked
package dev.modelcache.lock;

import org.jspecify.annotations.NullMarked;
