/**
 * What operators see: health, meters, progress.
 */
@NullMarked
package dev.modelcache.actuate;

import org.jspecify.annotations.NullMarked;
