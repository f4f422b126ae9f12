package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * A transfer has begun: the source answered.
 *
 * @param modelId the model's id
 * @param source where the bytes come from, redacted
 * @param totalBytes the size, or {@code null} where the source does not say it
 */
public record ModelDownloadStarted(String modelId, String source,
		@Nullable Long totalBytes) implements ModelCacheEvent {

}
