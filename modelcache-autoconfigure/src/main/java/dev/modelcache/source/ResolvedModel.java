package dev.modelcache.source;

/**
 * A model whose source has been asked: the file that makes it up.
 *
 * @param file the file
 */
public record ResolvedModel(RemoteFile file) {

}
