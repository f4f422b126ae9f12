/**
 * The one sentence that joins the rooms.
 */
@NullMarked
package dev.modelcache.internal.acquire;

import org.jspecify.annotations.NullMarked;
