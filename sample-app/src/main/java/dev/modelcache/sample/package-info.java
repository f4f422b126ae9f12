/**
 * A WebFlux application that waits for its model and shows how far it is. It uses only
 * what {@code dev.modelcache} makes public, and brings the origin of its model along.
 */
@NullMarked
package dev.modelcache.sample;

import org.jspecify.annotations.NullMarked;
