/**
 * Sources that are files of this machine.
 */
@NullMarked
package dev.modelcache.source.file;

import org.jspecify.annotations.NullMarked;
