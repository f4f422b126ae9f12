/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * One misbehaviour of a server, and what must come of it.
 *
 * @param name what the server does
 * @param code how the acquisition fails, or {@code null} if the file arrives all the same
 * @param problem what the failure says
 * @param requests how many requests one stream takes, or 0 where chance decides
 * @param digest whether the digest is known
 * @param shapes for which files it makes sense
 * @param silence where the server falls silent, so that a time-out must end it
 * @param replies what the server replies, to one request after the other
 */
record FaultRow(String name, @Nullable ErrorCode code, String problem, int requests, boolean digest, Set<Shape> shapes,
		Silence silence, List<Reply> replies) {

	/** Long enough for a request to a server that answers. */
	private static final Duration SHORT = Duration.ofMillis(700);

	/** Ends no request of a server that answers, however busy the machine is. */
	private static final Duration LONG = CacheFixture.PATIENCE;

	static FaultRow arrives(String name, int requests, Reply... replies) {
		return new FaultRow(name, null, "", requests, true, Set.of(Shape.values()), Silence.NEVER, List.of(replies));
	}

	static FaultRow fails(String name, ErrorCode code, String problem, int requests, Reply... replies) {
		return new FaultRow(name, code, problem, requests, true, Set.of(Shape.values()), Silence.NEVER,
				List.of(replies));
	}

	FaultRow withoutDigest() {
		return new FaultRow(this.name + ", no digest", this.code, this.problem, this.requests, false, this.shapes,
				this.silence, this.replies);
	}

	FaultRow only(Shape shape) {
		return new FaultRow(this.name, this.code, this.problem, this.requests, this.digest, Set.of(shape), this.silence,
				this.replies);
	}

	FaultRow silent(Silence where) {
		return new FaultRow(this.name, this.code, this.problem, this.requests, this.digest, this.shapes, where,
				this.replies);
	}

	/**
	 * Holds all replies but the first and the last until as many requests have come, so
	 * that they meet connections of the same moment.
	 */
	FaultRow atOnce() {
		CountDownLatch together = new CountDownLatch(this.replies.size() - 2);
		List<Reply> held = this.replies.stream().map((reply) -> reply.meeting(together)).collect(Collectors.toList());
		held.set(0, this.replies.get(0));
		held.set(held.size() - 1, this.replies.get(this.replies.size() - 1));
		return new FaultRow(this.name, this.code, this.problem, this.requests, this.digest, this.shapes, this.silence,
				held);
	}

	/**
	 * Gives the requests for a path one reply each. Where it fails, or there is only one,
	 * the last is for ever; otherwise the server is well-behaved after it.
	 */
	void script(MisbehavingServer server, String path) {
		AtomicInteger next = new AtomicInteger();
		Reply last = this.replies.get(this.replies.size() - 1);
		Reply after = (this.code != null || this.replies.size() == 1) ? last : Reply.ok();
		server.answer(path, (request) -> {
			int number = next.getAndIncrement();
			return (number < this.replies.size()) ? this.replies.get(number) : after;
		});
	}

	/**
	 * Returns whether the number of requests depends on the server alone. A request that
	 * follows a silence may take so long on a busy machine that it seems silent itself.
	 */
	boolean hasExactRequests() {
		return this.silence == Silence.NEVER || this.code != null;
	}

	ModelRequest.Builder prepare(ModelRequest.Builder request, Content content) {
		if (!hasExactRequests()) {
			request.maxAttempts(50);
		}
		else if (this.silence == Silence.BEFORE_HEADERS) {
			// The time grows fourfold from one request to the next.
			request.maxAttempts(2);
		}
		return this.digest ? request.expectedDigest(content.sha256()) : request;
	}

	TransferSettings settings(Shape shape) {
		return new TransferSettings(DataSize.ofKilobytes(64), 4, shape.segment(),
				(this.silence == Silence.BEFORE_HEADERS) ? SHORT : LONG,
				(this.silence == Silence.IN_BODY) ? SHORT : LONG, 5, true);
	}

	void check(CacheFixture fixture, Content content) throws Exception {
		if (this.code == null) {
			CachedModel model = fixture.get("m");
			assertThat(model.path()).matches(content::isIn);
			return;
		}
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"))
			.satisfies((failure) -> assertThat(failure.code()).isEqualTo(this.code))
			.withMessageContaining("Model 'm'")
			.withMessageContaining(this.problem);
		try (Stream<Path> files = Files.walk(fixture.directory())) {
			assertThat(files.map(Path::getFileName).map(Path::toString)).doesNotContain("model.gguf");
		}
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * Where a server falls silent.
	 */
	enum Silence {

		NEVER, BEFORE_HEADERS, IN_BODY

	}

	/**
	 * How a file is fetched.
	 */
	enum Shape {

		/** Below two segments: one request after the other, which can be counted. */
		ONE_STREAM(700_000, DataSize.ofMegabytes(16)),

		/** Five segments on four connections. */
		SEVERAL_SEGMENTS((5 << 20) + 12_345, DataSize.ofMegabytes(1));

		private final int size;

		private final DataSize segment;

		Shape(int size, DataSize segment) {
			this.size = size;
			this.segment = segment;
		}

		int size() {
			return this.size;
		}

		DataSize segment() {
			return this.segment;
		}

	}

}
