/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import dev.modelcache.Digest;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.testsupport.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The lock file as it stands on disk, and who writes it at the same time.
 */
class ModelLockFileTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final String SOURCE = "hf://org/repo";

	@TempDir
	private Path directory;

	private Path path() {
		return this.directory.resolve("models.lock");
	}

	static ModelLockFile open(Path path) {
		return new ModelLockFile(path, new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC()));
	}

	private ModelLockFile file() {
		return open(path());
	}

	private static PinnedFile file(String name, char digit, Long size) {
		return new PinnedFile(new ModelFileName(name), List.of(digest(digit)), size);
	}

	private static Digest digest(char digit) {
		return Digest.parse("sha256:" + String.valueOf(digit).repeat(64));
	}

	static PinnedModel model(char digit) {
		return new PinnedModel(null, List.of(file("m.gguf", digit, 5L)));
	}

	@Test
	void withoutAFileNothingIsPinned() {
		assertThat(file().find("m", SOURCE)).isNull();
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void whatIsAddedIsFound() {
		PinnedModel model = new PinnedModel("c0ffee",
				List.of(new PinnedFile(new ModelFileName("onnx/model.onnx"),
						List.of(digest('a'), Digest.parse("git-sha1:" + "b".repeat(40))), 7L),
						file("config.json", 'c', null)));
		file().add("m", SOURCE, model, null);
		assertThat(file().find("m", SOURCE)).isEqualTo(model);
		assertThat(file().find("m", "hf://org/other")).isNull();
		assertThat(file().find("n", SOURCE)).isNull();
	}

	@Test
	void theTextIsForPeopleAndVersionControl() {
		file().add("z", "https://host/z.gguf", model('f'), null);
		file().add("a", SOURCE, new PinnedModel("c0ffee", List.of(file("b", 'b', null), file("a", 'a', 1L))), null);
		assertThat(path()).hasContent("""
				{
				  "version" : 1,
				  "models" : {
				    "a" : {
				      "hf://org/repo" : {
				        "revision" : "c0ffee",
				        "files" : {
				          "a" : {
				            "size" : 1,
				            "digests" : [ "sha256:%s" ]
				          },
				          "b" : {
				            "digests" : [ "sha256:%s" ]
				          }
				        }
				      }
				    },
				    "z" : {
				      "https://host/z.gguf" : {
				        "files" : {
				          "m.gguf" : {
				            "size" : 5,
				            "digests" : [ "sha256:%s" ]
				          }
				        }
				      }
				    }
				  }
				}
				""".formatted("a".repeat(64), "b".repeat(64), "f".repeat(64)));
	}

	@Test
	void theOrderOfWritingDoesNotShow() throws Exception {
		Path other = this.directory.resolve("other.lock");
		file().add("a", SOURCE, model('a'), null);
		file().add("b", SOURCE, model('b'), null);
		open(other).add("b", SOURCE, model('b'), null);
		open(other).add("a", SOURCE, model('a'), null);
		assertThat(other).hasSameTextualContentAs(path());
	}

	@Test
	void anEntryIsWrittenOnce() throws Exception {
		file().add("m", SOURCE, model('a'), null);
		String before = Files.readString(path());
		assertThat(file().add("m", SOURCE, model('b'), null)).isEqualTo(model('a'));
		assertThat(path()).hasContent(before);
	}

	@Test
	void aLinkToTheFileStays() throws Exception {
		Path real = Files.createDirectory(this.directory.resolve("real")).resolve("models.lock");
		open(real).add("a", SOURCE, model('a'), null);
		Files.createSymbolicLink(path(), real);
		file().add("b", SOURCE, model('b'), null);
		assertThat(path()).isSymbolicLink();
		assertThat(open(real).find("b", SOURCE)).isNotNull();
	}

	@Test
	void itsDirectoryIsMade() {
		ModelLockFile file = open(this.directory.resolve("new/models.lock"));
		file.add("a", SOURCE, model('a'), null);
		assertThat(file.find("a", SOURCE)).isEqualTo(model('a'));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "[]", "{}", "{\"version\":2,\"models\":{}}", "{\"version\":1}",
			"{\"version\":1,\"models\":{},\"more\":1}", "{\"version\":1,\"models\":[]}",
			"{\"version\":1,\"models\":{\"m\":1}}", "{\"version\":1,\"models\":{\"m\":{\"s\":{}}}}",
			"{\"version\":1,\"models\":{\"m\":{\"s\":{\"files\":{}}}}}",
			"{\"version\":1,\"models\":{\"m\":{\"s\":{\"files\":{\"f\":{}}}}}}",
			"{\"version\":1,\"models\":{\"m\":{\"s\":{\"files\":{\"f\":{\"digests\":[\"md5:0\"]}}}}}}",
			"{\"version\":1,\"models\":{\"m\":{\"s\":{\"files\":{\"../f\":{\"digests\":[]}}}}}}",
			"{\"version\":1,\"models\":{\"m\":{},\"m\":{}}}", "<<<<<<< HEAD\n{}" })
	void whatIsNotUnderstoodIsAnErrorThatNamesTheFile(String text) throws Exception {
		Files.writeString(path(), text);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> file().find("m", "s"))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.lock-file"))
			.withMessageContaining(path() + " cannot be read");
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> file().add("m", "s", model('a'), null));
		assertThat(path()).hasContent(text);
	}

	@Test
	void aFileNeedsADigest() {
		assertThatIllegalArgumentException().isThrownBy(() -> new PinnedFile(new ModelFileName("f"), List.of(), null));
	}

	@Test
	void digestsOfAnotherAlgorithmDoNotContradict() {
		assertThat(file("f", 'a', null).contradicts(digest('a'))).isFalse();
		assertThat(file("f", 'a', null).contradicts(digest('b'))).isTrue();
		assertThat(file("f", 'a', null).contradicts(Digest.parse("sha512:" + "b".repeat(128)))).isFalse();
	}

	@Test
	void threadsThatWriteTogetherLoseNothing() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(4);
		try {
			List<Callable<PinnedModel>> writers = IntStream.range(0, 12)
				.<Callable<PinnedModel>>mapToObj((i) -> () -> file().add("m" + i, SOURCE, model('a'), null))
				.toList();
			for (Future<PinnedModel> written : threads.invokeAll(writers)) {
				assertThat(written.get()).isEqualTo(model('a'));
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(IntStream.range(0, 12)).allSatisfy((i) -> assertThat(file().find("m" + i, SOURCE)).isNotNull());
	}

	@Test
	void processesThatWriteTogetherLoseNothing() {
		try (ForkedJvm one = writer("one"); ForkedJvm two = writer("two")) {
			assertThat(one.awaitExit(PATIENCE)).as(one::output).isZero();
			assertThat(two.awaitExit(PATIENCE)).as(two::output).isZero();
		}
		assertThat(List.of("one", "two")).allSatisfy((name) -> assertThat(IntStream.range(0, Writer.MODELS))
			.allSatisfy((i) -> assertThat(file().find(name + i, SOURCE)).isNotNull()));
	}

	private ForkedJvm writer(String name) {
		return ForkedJvm.start(Writer.class, List.of(), path(), name);
	}

	/**
	 * A process that writes some models.
	 */
	static final class Writer {

		static final int MODELS = 10;

		private Writer() {
		}

		/**
		 * Writes.
		 * @param arguments the lock file, and what the models' ids begin with
		 */
		public static void main(String[] arguments) {
			for (int i = 0; i < MODELS; i++) {
				open(Path.of(arguments[0])).add(arguments[1] + i, SOURCE, model('a'), null);
			}
		}

	}

}
