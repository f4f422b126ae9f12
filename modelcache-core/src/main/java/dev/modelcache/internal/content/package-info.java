/**
 * What is in these bytes.
 */
@NullMarked
package dev.modelcache.internal.content;

import org.jspecify.annotations.NullMarked;
