package dev.modelcache.source;

import java.net.URI;

import dev.modelcache.ModelRequest;

/**
 * One place where a model may be had.
 *
 * @param uri a URL
 * @param request the request it belongs to
 * @param ofConfiguredOrigin whether it has the origin of the model's {@code url}, which
 * alone may be told the configured headers; a mirror or a fallback may have another one
 */
public record SourceLocation(URI uri, ModelRequest request, boolean ofConfiguredOrigin) {

}
