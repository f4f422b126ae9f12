/**
 * The lobby: what an application sees of the model cache, and the words that all rooms
 * share.
 */
@NullMarked
package dev.modelcache;

import org.jspecify.annotations.NullMarked;
