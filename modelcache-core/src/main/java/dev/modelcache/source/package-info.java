/**
 * Resolution of model URLs to files, mirrors and expected digests.
 */
@NullMarked
package dev.modelcache.source;

import org.jspecify.annotations.NullMarked;
