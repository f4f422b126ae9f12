/**
 * Sources that are registries: Ollama's, and those of the OCI distribution specification.
 */
@NullMarked
package dev.modelcache.internal.source.oci;

import org.jspecify.annotations.NullMarked;
