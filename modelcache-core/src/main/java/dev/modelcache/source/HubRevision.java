package dev.modelcache.source;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Where a model is on a Hugging Face Hub, which names its place in the cache that all
 * tools of the Hub share.
 *
 * @param repository the repository, {@code org/repo}
 * @param revision the branch, tag or commit that was asked for
 * @param commit the commit that this is, 40 hexadecimal digits
 * @param modified when the commit was made, as the Hub says, or {@code null} where that
 * is unknown
 */
public record HubRevision(String repository, String revision, String commit, @Nullable Instant modified) {

	/**
	 * Creates a revision whose date is unknown.
	 * @param repository the repository, {@code org/repo}
	 * @param revision the branch, tag or commit that was asked for
	 * @param commit the commit that this is, 40 hexadecimal digits
	 */
	public HubRevision(String repository, String revision, String commit) {
		this(repository, revision, commit, null);
	}

}
