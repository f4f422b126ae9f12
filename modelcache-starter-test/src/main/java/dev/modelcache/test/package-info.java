/**
 * Support for tests of applications that use a model cache.
 */
@NullMarked
package dev.modelcache.test;

import org.jspecify.annotations.NullMarked;
