/**
 * Sources that are plain http and https URLs.
 */
@NullMarked
package dev.modelcache.source.http;

import org.jspecify.annotations.NullMarked;
