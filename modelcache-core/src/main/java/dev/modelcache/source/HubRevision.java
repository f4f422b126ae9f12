/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Revision of a repository on a Hugging Face Hub, which determines the location in the
 * cache that is shared with the tools of the Hub.
 *
 * @param repository the repository, {@code org/repo}
 * @param revision the requested branch, tag or commit
 * @param commit the commit of the revision, 40 hexadecimal digits
 * @param modified the time of the commit according to the Hub, or {@code null} if unknown
 */
public record HubRevision(String repository, String revision, String commit, @Nullable Instant modified) {

	/**
	 * Creates a revision whose date is unknown.
	 * @param repository the repository, {@code org/repo}
	 * @param revision the requested branch, tag or commit
	 * @param commit the commit of the revision, 40 hexadecimal digits
	 */
	public HubRevision(String repository, String revision, String commit) {
		this(repository, revision, commit, null);
	}

}
