/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.ModelRequest;
import dev.modelcache.internal.acquire.FaultRow.Shape;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.CountedBuffers;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every row of the {@link FaultTable}, for a file in one stream and for one in several
 * segments: either it arrives bit-identical, or the acquisition fails with the right
 * exception and nothing is visible.
 */
@Execution(ExecutionMode.CONCURRENT)
class FaultTableTests {

	private static final String PATH = "/model.gguf";

	@TempDir
	Path directory;

	static Stream<Arguments> table() {
		return Stream.of(Shape.values()).flatMap((shape) -> {
			Content content = Content.random(shape.size(), 7);
			return new FaultTable(content, Content.random(shape.size(), 8)).rows()
				.filter((row) -> row.shapes().contains(shape))
				.map((row) -> Arguments.of(row, shape, content));
		});
	}

	@ParameterizedTest(name = "{0} ({1})")
	@MethodSource("table")
	void everyMisbehaviourEndsWell(FaultRow row, Shape shape, Content content) throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start();
				CountedBuffers buffers = new CountedBuffers();
				CacheFixture fixture = new CacheFixture(this.directory).transfer(row.settings(shape))) {
			fixture.httpClient(buffers.client());
			row.script(server.serve(PATH, content), PATH);
			fixture.open(row.prepare(ModelRequest.builder("m").url(server.uri(PATH)), content).build());
			row.check(fixture, content);
			List<RecordedRequest> requests = server.requests(PATH);
			assertThat(requests).as("requests").allSatisfy(FaultTableTests::isPolite);
			if (shape == Shape.ONE_STREAM && row.requests() > 0) {
				assertThat(requests).hasSizeGreaterThanOrEqualTo(row.requests());
				assertThat(!row.hasExactRequests() || requests.size() == row.requests()).as("%s", requests).isTrue();
			}
			assertThat(fixture.stagedFiles()).as("staged files").hasSizeLessThanOrEqualTo((row.code() != null) ? 1 : 0);
		}
	}

	private static void isPolite(RecordedRequest request) {
		assertThat(request.method()).isEqualTo("GET");
		assertThat(request.header("Accept-Encoding")).isIn("identity", null);
		assertThat(request.header("Range")).satisfiesAnyOf((range) -> assertThat(range).startsWith("bytes="),
				(range) -> assertThat(range).isNull());
	}

}
