/**
 * Byte ranges over HTTP.
 */
@NullMarked
package dev.modelcache.internal.transfer.http;

import org.jspecify.annotations.NullMarked;
