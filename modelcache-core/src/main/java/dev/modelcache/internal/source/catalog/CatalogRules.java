package dev.modelcache.internal.source.catalog;

/**
 * What a catalog may name: the more, the nearer it is.
 *
 * @param localFiles whether {@code file:} URLs are allowed; never in what others wrote
 * @param insecureHttp whether plain {@code http:} URLs are allowed
 */
public record CatalogRules(boolean localFiles, boolean insecureHttp) {

}
