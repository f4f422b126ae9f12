/**
 * Sources that are registries: Ollama's, and those of the OCI distribution specification.
 */
@NullMarked
package dev.modelcache.source.oci;

import org.jspecify.annotations.NullMarked;
