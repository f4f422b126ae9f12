/**
 * Uses a model: loads the published file, swaps it for a newer version, and asks it to
 * classify texts.
 */
@NullMarked
package dev.modelcache.runtime;

import org.jspecify.annotations.NullMarked;
