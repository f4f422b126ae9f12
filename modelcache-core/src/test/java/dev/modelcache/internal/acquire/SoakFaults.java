/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.Reply;

/**
 * Draws replies by chance: well-behaved ones, and the kinds of the {@link FaultTable}.
 * Counts what it drew. A fault is drawn a limited number of times, so that most downloads
 * end.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class SoakFaults {

	private static final List<Kind> HONEST = List.of(kind("503", (random, size) -> Reply.status(503)),
			kind("429", (random, size) -> Reply.status(429).header("Retry-After", "0")),
			kind("reset", (random, size) -> Reply.ok().cutAfter(random.nextInt(1 << 20))),
			kind("reset before any byte", (random, size) -> Reply.ok().cutAfter(0)),
			kind("short body", (random, size) -> Reply.ok().closeAfter(random.nextInt(1 << 20))),
			kind("short and chunked", (random, size) -> Reply.ok().chunked().closeAfter(random.nextInt(1 << 20))),
			kind("stall", (random, size) -> Reply.ok().stallAfter(random.nextInt(1 << 20))),
			kind("stall at once", (random, size) -> Reply.ok().stallAfter(0)),
			kind("no headers", (random, size) -> Reply.ok().stallBeforeHeaders()),
			kind("illegal HTTP", (random, size) -> Reply.raw("nonsense\r\n\r\n")),
			kind("content encoding", (random, size) -> Reply.ok().header("Content-Encoding", "gzip")),
			kind("wrong Content-Range", (random, size) -> Reply.ok().shiftingRange(1 + random.nextInt(1000))),
			kind("wrong total", (random, size) -> Reply.ok().wrongTotal(1 + random.nextInt(1000))),
			kind("range ignored", (random, size) -> Reply.ok().ignoringRange()),
			kind("chunked", (random, size) -> Reply.ok().ignoringRange().chunked()),
			kind("longer part", (random, size) -> Reply.ok().longerBy(1 + random.nextInt(1000))),
			kind("other validator", (random, size) -> Reply.ok().etag("\"" + random.nextInt() + "\"")),
			kind("weak validator", (random, size) -> Reply.ok().etag("W/\"w\"").ignoringIfRange()),
			kind("416", (random, size) -> Reply.status(416).header("Content-Range", "bytes */" + size)),
			kind("206 without Content-Range", (random, size) -> Reply.status(206).body("part")),
			kind("slow", (random, size) -> Reply.ok().throttled(2_000_000)));

	private static final List<Kind> LIES = List.of(
			kind("flipped byte", (random, size) -> Reply.ok().flipped(random.nextLong(size)), ErrorCode.INTEGRITY),
			kind("empty body", (random, size) -> Reply.empty(), ErrorCode.INTEGRITY), kind("another file",
					(random, size) -> Reply.status(200).body(Content.random(size, 99)), ErrorCode.INTEGRITY));

	private static final List<Kind> FINAL = List.of(
			kind("404", (random, size) -> Reply.status(404), ErrorCode.NOT_FOUND),
			kind("403", (random, size) -> Reply.status(403), ErrorCode.ACCESS_DENIED),
			kind("HTML page", (random, size) -> Reply.html(), ErrorCode.FORMAT));

	private static final int LONGEST_RUN = 25;

	/** How many requests may fail before new bytes come, at least. */
	static final int REQUESTS = 3;

	private static final double SHARE_OF_FINAL = 0.03;

	private final Random random;

	private final long size;

	private final boolean lies;

	private final double probability;

	private final Map<String, Integer> drawn = new TreeMap<>();

	private final Set<ErrorCode> possible = EnumSet.noneOf(ErrorCode.class);

	private int left;

	/** How many were drawn in this attempt. */
	private int count;

	private boolean fatal;

	SoakFaults(Random random, long size, boolean lies) {
		this.random = new Random(random.nextLong());
		this.size = size;
		this.lies = lies;
		this.probability = 0.1 + random.nextDouble() * 0.5;
		this.left = random.nextInt(LONGEST_RUN);
	}

	/** Returns the reply to the next request. */
	synchronized Reply next(Reply wellBehaved) {
		if (this.left == 0 || this.random.nextDouble() >= this.probability) {
			return wellBehaved;
		}
		this.left--;
		boolean last = this.random.nextDouble() < SHARE_OF_FINAL;
		this.count++;
		this.fatal |= last;
		List<Kind> kinds = last ? FINAL : this.lies ? Stream.concat(HONEST.stream(), LIES.stream()).toList() : HONEST;
		Kind kind = kinds.get(this.random.nextInt(kinds.size()));
		this.drawn.merge(kind.name(), 1, Integer::sum);
		this.possible.addAll(kind.causes());
		return kind.reply().apply(this.random, this.size);
	}

	/** Another attempt begins. */
	synchronized void attempt() {
		this.count = 0;
		this.fatal = false;
		this.possible.clear();
	}

	/** From now on everything is well. */
	synchronized void stop() {
		this.left = 0;
	}

	/**
	 * Returns how the attempt may fail, after what was drawn. So many faults as requests
	 * may fail end it, and so does a fatal one together with any other.
	 */
	synchronized Set<ErrorCode> possible() {
		Set<ErrorCode> codes = EnumSet.copyOf(this.possible);
		if (this.count >= REQUESTS || (this.fatal && this.count > 1)) {
			codes.add(ErrorCode.TRANSFER);
		}
		return codes;
	}

	/** Returns how often each kind was drawn. */
	synchronized Map<String, Integer> drawn() {
		return new TreeMap<>(this.drawn);
	}

	private static Kind kind(String name, BiFunction<Random, Long, Reply> reply, ErrorCode... causes) {
		return new Kind(name, reply, Set.of(causes));
	}

	private record Kind(String name, BiFunction<Random, Long, Reply> reply, Set<ErrorCode> causes) {
	}

}
