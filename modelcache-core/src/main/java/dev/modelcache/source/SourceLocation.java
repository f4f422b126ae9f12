package dev.modelcache.source;

import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;

import dev.modelcache.ModelRequest;

/**
 * One place where a model may be had.
 *
 * @param uri a URL
 * @param request the request it belongs to
 * @param ofConfiguredOrigin whether it has the origin of the model's {@code url}, which
 * alone may be told the configured headers; a mirror or a fallback may have another one
 * @param pauses to be told of each pause before another request, and of each answer as a
 * pause of zero: an acquisition in which nothing advances for
 * {@code hooks.llm.download.give-up-after} is given up
 */
public record SourceLocation(URI uri, ModelRequest request, boolean ofConfiguredOrigin, Consumer<Duration> pauses) {

	/**
	 * Creates a location of which no pauses are told.
	 * @param uri a URL
	 * @param request the request it belongs to
	 * @param ofConfiguredOrigin whether it has the origin of the model's {@code url}
	 */
	public SourceLocation(URI uri, ModelRequest request, boolean ofConfiguredOrigin) {
		this(uri, request, ofConfiguredOrigin, (pause) -> {
		});
	}

}
