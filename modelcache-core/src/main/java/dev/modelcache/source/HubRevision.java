package dev.modelcache.source;

/**
 * Where a model is on a Hugging Face Hub, which names its place in the cache that all
 * tools of the Hub share.
 *
 * @param repository the repository, {@code org/repo}
 * @param revision the branch, tag or commit that was asked for
 * @param commit the commit that this is, 40 hexadecimal digits
 */
public record HubRevision(String repository, String revision, String commit) {

}
