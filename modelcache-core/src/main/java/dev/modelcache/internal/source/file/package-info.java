/**
 * Sources that are files of this machine.
 */
@NullMarked
package dev.modelcache.internal.source.file;

import org.jspecify.annotations.NullMarked;
