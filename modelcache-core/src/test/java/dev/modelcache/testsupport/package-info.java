/**
 * What tests of several rooms need: servers that misbehave, and large content that needs
 * no memory.
 */
@NullMarked
package dev.modelcache.testsupport;

import org.jspecify.annotations.NullMarked;
