/**
 * Small requests for metadata: what a repository or a registry says about its files.
 */
@NullMarked
package dev.modelcache.internal.http;

import org.jspecify.annotations.NullMarked;
