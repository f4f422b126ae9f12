/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPOutputStream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * A real disk that takes the bytes and reports only when they are forced that it has no
 * place for them. The operating system may show them until it drops its memory. Run by
 * the Maven profile {@code root}. What needs no such disk is in {@link DiskFaultTests}.
 */
@Tag("root")
class ThinDiskTests {

	private static final String HELD = "held";

	private static ForkedJvm jvm;

	@TempDir
	private Path directory;

	@BeforeAll
	static void start() {
		jvm = ForkedJvm.startBy(List.of("unshare", "--mount", "--propagation", "private"), Child.class, List.of());
	}

	@AfterAll
	static void end() {
		jvm.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/m.bin", "/m.bin.gz" })
	void whatTheDiskDidNotTakeIsFetchedAgain(String path) {
		assertThat(jvm.ask(Duration.ofMinutes(3), this.directory, path)).isEqualTo(HELD);
	}

	/**
	 * The process that has the disk.
	 */
	static final class Child {

		private Child() {
		}

		public static void main(String[] arguments) throws IOException {
			ForkedJvm.serve(Child::run);
		}

		/**
		 * Downloads to the disk, and says that everything was as expected.
		 * @param arguments an empty directory, the path of the model's URL
		 */
		private static String run(String[] arguments) throws IOException {
			ThinDisk disk = new ThinDisk(Path.of(arguments[0]));
			requireThatItLosesWhatItTook(disk);
			Content content = Content.random(8 << 20, 1);
			Path models = disk.files().resolve("models");
			try (MisbehavingServer server = MisbehavingServer.start()
				.serve("/first.bin", Content.random(1000, 2))
				.serve("/m.bin", content)
				.serve("/m.bin.gz", Content.of(gzip(content.bytes())))) {
				try (CacheFixture fixture = new CacheFixture(models)) {
					// The first one makes the directories, which are not what is lost
					// here.
					fixture.open(request(server, "/first.bin", models), request(server, arguments[1], models));
					fixture.get("/first.bin");
					disk.takeSpace();
					assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get(arguments[1]))
						.satisfies((failure) -> assertThat(failure.code()).isEqualTo(ErrorCode.STORAGE));
					assertThat(fixture.stagedFiles()).isEmpty();
					assertThat(fixture.find(".journal")).isEmpty();
					assertThat(models.resolve("m.bin")).doesNotExist();
					disk.giveSpace();
					long sent = server.bytesSent(arguments[1]);
					CachedModel model = fixture.get(arguments[1]);
					assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
					assertThat(server.bytesSent(arguments[1]) - sent).isGreaterThanOrEqualTo(8 << 20);
				}
				disk.mountAgain();
				assertThat(models.resolve("m.bin")).satisfies(Content.exactly(content.bytes()));
			}
			return HELD;
		}

		private static ModelRequest request(MisbehavingServer server, String path, Path models) {
			return ModelRequest.builder(path)
				.url(server.uri(path))
				.modelPath(models.resolve(path.substring(1).replace(".gz", "")))
				.maxAttempts(1)
				.build();
		}

		private static byte[] gzip(byte[] bytes) throws IOException {
			ByteArrayOutputStream compressed = new ByteArrayOutputStream();
			try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
				gzip.write(bytes);
			}
			return compressed.toByteArray();
		}

		private static void requireThatItLosesWhatItTook(ThinDisk disk) throws IOException {
			byte[] bytes = Content.random(8 << 20, 3).bytes();
			Path file = disk.files().resolve("file");
			disk.takeSpace();
			try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW,
					StandardOpenOption.WRITE)) {
				channel.write(ByteBuffer.wrap(bytes));
				assertThatIOException().isThrownBy(() -> channel.force(true));
			}
			disk.giveSpace();
			disk.mountAgain();
			assertThat(Files.readAllBytes(file)).hasSameSizeAs(bytes).isNotEqualTo(bytes);
			Files.delete(file);
		}

	}

}
