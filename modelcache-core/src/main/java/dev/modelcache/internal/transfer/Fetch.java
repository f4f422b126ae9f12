/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import org.jspecify.annotations.Nullable;

/**
 * What the {@link Coordinator} knows of one connection.
 */
final class Fetch {

	final BodyWriter writer;

	final MirrorState mirror;

	final RangeRequest request;

	final FetchMode mode;

	final int burst;

	/** How many others the host was sending to when it began. */
	final int others;

	Segment segment;

	/** Whose tail it fetches if it is answered, until that is given away. */
	@Nullable Fetch donor;

	@Nullable RangeResponse response;

	long bodyEnd = ByteRange.OPEN;

	/** The first bytes of an answer that would replace what is there are looked at. */
	boolean looking;

	/** They may be those of the file. */
	boolean seen;

	/** Nothing that the response says contradicts what is known. */
	boolean accepted;

	/** How many bytes it has brought. */
	long bytes;

	/** Some of them never were there before. */
	boolean brought;

	/** Whether the header will tell where the file ends has to be seen. */
	boolean provedByHeader;

	/** The answer has changed how the host is asked. */
	boolean lowered;

	/** A good answer that is not taken, since ranges are tried once more. */
	boolean passedOver;

	int missesBefore;

	Fetch(BodyWriter writer, MirrorState mirror, FetchMode mode, RangeRequest request, Segment segment, int others) {
		this.writer = writer;
		this.mirror = mirror;
		this.request = request;
		this.mode = mode;
		this.others = others;
		this.burst = mirror.burst();
		this.segment = segment;
	}

}
