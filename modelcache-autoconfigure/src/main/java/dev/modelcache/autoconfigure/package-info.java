/**
 * The glue to Spring Boot; nobody uses it.
 */
@NullMarked
package dev.modelcache.autoconfigure;

import org.jspecify.annotations.NullMarked;
