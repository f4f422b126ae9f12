/**
 * Sources that are plain http and https URLs.
 */
@NullMarked
package dev.modelcache.internal.source.web;

import org.jspecify.annotations.NullMarked;
