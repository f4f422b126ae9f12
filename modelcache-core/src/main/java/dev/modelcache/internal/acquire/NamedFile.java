package dev.modelcache.internal.acquire;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFileName;

/**
 * A file of a model that has arrived.
 *
 * @param name its name
 * @param file the file
 */
record NamedFile(ModelFileName name, CachedModel file) {

}
