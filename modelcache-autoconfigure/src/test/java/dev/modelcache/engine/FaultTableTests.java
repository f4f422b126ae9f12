package dev.modelcache.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.ModelRequest;
import dev.modelcache.engine.FaultRow.Shape;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.transfer.TransferSettings;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every row of the {@link FaultTable}, for a file in one stream and for one in several
 * segments: either it arrives bit-identical, or the acquisition fails with the right
 * exception and nothing is visible.
 */
class FaultTableTests {

	private static final String PATH = "/model.gguf";

	/** Long enough for a machine that is busy with other things. */
	private static final Duration PATIENCE = Duration.ofMillis(700);

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

	/** The first request of a JVM loads so many classes that it may look like a stall. */
	@BeforeAll
	static void loadClasses(@TempDir Path directory) {
		try (MisbehavingServer server = MisbehavingServer.start(); CacheFixture fixture = new CacheFixture(directory)) {
			server.serve(PATH, Content.random(100, 1));
			fixture.open(ModelRequest.builder("m").url(server.uri(PATH)).build());
			fixture.get("m");
		}
	}

	@ParameterizedTest(name = "{0} ({1})")
	@MethodSource("table")
	void everyMisbehaviourEndsWell(FaultRow row, Shape shape, Content content) throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start();
				CacheFixture fixture = new CacheFixture(this.directory).transfer(impatient(shape))) {
			row.script(server.serve(PATH, content), PATH);
			fixture.open(row.prepare(ModelRequest.builder("m").url(server.uri(PATH)), content).build());
			row.check(fixture, content);
			List<RecordedRequest> requests = server.requests(PATH);
			assertThat(requests).as("requests").allSatisfy(FaultTableTests::isPolite);
			if (shape == Shape.ONE_STREAM && row.requests() > 0) {
				assertThat(requests).hasSize(row.requests());
			}
			assertThat(fixture.stagedFiles()).as("staged files").hasSizeLessThanOrEqualTo((row.code() != null) ? 1 : 0);
		}
	}

	private static void isPolite(RecordedRequest request) {
		assertThat(request.method()).isEqualTo("GET");
		assertThat(request.header("Accept-Encoding")).isEqualTo("identity");
		assertThat(request.header("Range")).startsWith("bytes=");
	}

	private static TransferSettings impatient(Shape shape) {
		return new TransferSettings(DataSize.ofKilobytes(64), 4, shape.segment(), PATIENCE, PATIENCE, 5, true);
	}

}
