/**
 * What applications use: the cache and its builder, requests, models, statuses, events
 * and errors.
 */
@NullMarked
package dev.modelcache;

import org.jspecify.annotations.NullMarked;
