/**
 * What is in these bytes.
 */
@NullMarked
package dev.modelcache.content;

import org.jspecify.annotations.NullMarked;
