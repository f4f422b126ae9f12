/**
 * Byte ranges over HTTP.
 */
@NullMarked
package dev.modelcache.transfer.http;

import org.jspecify.annotations.NullMarked;
