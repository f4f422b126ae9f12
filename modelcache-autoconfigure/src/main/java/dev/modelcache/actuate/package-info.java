/**
 * Actuator support: health, endpoint and progress displays.
 */
@NullMarked
package dev.modelcache.actuate;

import org.jspecify.annotations.NullMarked;
