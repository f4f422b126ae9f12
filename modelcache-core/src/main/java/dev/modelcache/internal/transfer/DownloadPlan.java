/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.FormatVerification;
import dev.modelcache.internal.content.DecompressionPlan;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import org.jspecify.annotations.Nullable;

/**
 * What to fetch, from where, and how often to try.
 *
 * @param modelId the model's id
 * @param file the file and its mirrors
 * @param maxRequests how many requests in a row may bring no new byte, per mirror; at
 * least 1
 * @param wholeFileAttempt which attempt at the whole file this is, from 0; each begins
 * with another mirror
 * @param decompression what to do with the bytes, or {@code null} where they are wanted
 * as they are
 * @param mode the most that is asked of a host
 * @param formats what is done about bodies that begin as no model does
 */
public record DownloadPlan(String modelId, RemoteFile file, int maxRequests, int wholeFileAttempt,
		@Nullable DecompressionPlan decompression, FetchMode mode, FormatVerification formats) {

	/**
	 * Creates a plan for bytes that are wanted as they are.
	 * @param modelId the model's id
	 * @param file the file and its mirrors
	 * @param maxRequests how many requests in a row may bring no new byte, per mirror
	 * @param wholeFileAttempt which attempt at the whole file this is, from 0
	 */
	public DownloadPlan(String modelId, RemoteFile file, int maxRequests, int wholeFileAttempt) {
		this(modelId, file, maxRequests, wholeFileAttempt, null, FetchMode.SEGMENTS, FormatVerification.STRICT);
	}

	/**
	 * Returns the mirrors in the order of this attempt.
	 * @return the mirrors
	 */
	public List<Mirror> mirrors() {
		List<Mirror> mirrors = new ArrayList<>(this.file.mirrors());
		Collections.rotate(mirrors, -(this.wholeFileAttempt % mirrors.size()));
		return mirrors;
	}

	/**
	 * Returns the digests to compute: SHA-256 always, and those that are expected or
	 * stated.
	 * @return the algorithms
	 */
	public Set<Algorithm> algorithms() {
		return algorithms(this.file);
	}

	/**
	 * Returns the digests to compute of a file, compressed or not.
	 * @param file the file
	 * @return SHA-256, and those that are expected or stated
	 */
	public static Set<Algorithm> algorithms(RemoteFile file) {
		Set<Algorithm> algorithms = EnumSet.of(Algorithm.SHA256);
		Stream.concat(Stream.ofNullable(file.expected()), file.mirrors().stream().map(Mirror::stated))
			.filter(Objects::nonNull)
			.forEach((digest) -> algorithms.add(digest.digest().algorithm()));
		return algorithms;
	}

}
