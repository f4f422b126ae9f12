package dev.modelcache.internal.http;

import java.time.Duration;

import org.springframework.util.unit.DataSize;

/**
 * What is asked and believed of the answers about models.
 *
 * @param timeout how long a whole answer may take, from the request to its last byte
 * @param largestAnswer how many bytes a body may have
 * @param maxRedirects how many redirects are followed for one request
 * @param insecureHttpAllowed whether plain http is allowed as a redirect's target
 */
public record MetadataSettings(Duration timeout, DataSize largestAnswer, int maxRedirects,
		boolean insecureHttpAllowed) {

	/**
	 * The list of a repository of ten thousand files; registries take manifests of the
	 * same size (OCI distribution specification 1.1, "Pushing Manifests").
	 */
	public static final DataSize LARGEST_ANSWER = DataSize.ofMegabytes(4);

}
