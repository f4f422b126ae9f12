package dev.modelcache.source.huggingface;

import java.net.URI;

/**
 * Which Hub to ask, and as whom.
 *
 * @param endpoint the Hub's address without a slash at its end, such as
 * {@code https://huggingface.co}; it may have a path
 * @param token who asks
 */
public record HubSettings(URI endpoint, HubToken token) {

	/** The Hub itself. */
	public static final URI DEFAULT_ENDPOINT = URI.create("https://huggingface.co");

}
