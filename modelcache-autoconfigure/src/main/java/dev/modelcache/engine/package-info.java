/**
 * The one sentence that joins the rooms.
 */
@NullMarked
package dev.modelcache.engine;

import org.jspecify.annotations.NullMarked;
