/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.ForkedJvms;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.MountSpace;
import dev.modelcache.testsupport.Reply;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two users of one machine who may both write to the directories of models: the
 * application's user, who is root or another one, and a neighbour who is neither. One
 * process of each of the first two gets the models of all tests. Run by the Maven profile
 * {@code root}. What one user can try alone is in {@link NeighbourTests}.
 */
@Execution(ExecutionMode.CONCURRENT)
@Tag("root")
@ParameterizedClass
@CsvSource({ "0, 0777", "65532, 0777", "0, 1777", "65532, 1777" })
class SecondUserTests {

	private static final int MIB = 1 << 20;

	private static final int NEIGHBOUR = 65533;

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static ForkedJvms jvms;

	@Parameter(0)
	private int user;

	/** With 1777, only its owner may delete or rename a file. */
	@Parameter(1)
	private String mode;

	@TempDir
	private Path directory;

	private final Content content = Content.random(3 * MIB, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private Path models;

	private Path home;

	/** A private file of the user's. */
	private Path victim;

	/** Files of the neighbour's. */
	private Path own;

	@BeforeAll
	static void start() {
		jvms = new ForkedJvms(Child.class);
	}

	@AfterAll
	static void end() {
		jvms.close();
	}

	@BeforeEach
	void prepare() throws Exception {
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwxr-xr-x"));
		this.models = directory("models", this.user, "755");
		this.home = directory("home", this.user, "755");
		this.own = directory("own", NEIGHBOUR, "755");
		this.victim = Files.writeString(this.home.resolve("victim"), "important");
		give(this.victim, this.user, "600");
		give(Files.write(this.own.resolve("model"), this.content.bytes()), NEIGHBOUR, "644");
		give(Files.writeString(this.own.resolve("text"), "mine"), NEIGHBOUR, "666");
	}

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path directory(String name, int owner, String mode) throws Exception {
		Path created = Files.createDirectory(this.directory.resolve(name));
		give(created, owner, mode);
		return created;
	}

	private static void give(Path file, int owner, String mode) throws IOException {
		Files.setAttribute(file, "unix:uid", owner);
		Files.setAttribute(file, "unix:gid", owner);
		Files.setAttribute(file, "unix:mode", Integer.parseInt(mode, 8));
	}

	/** Runs what the neighbour does in the directory of a model. */
	private void neighbour(String name, String script) throws Exception {
		List<String> command = new ArrayList<>(
				List.of("setpriv", "--reuid=" + NEIGHBOUR, "--regid=" + NEIGHBOUR, "--clear-groups"));
		command.addAll(List.of("sh", "-ec", "umask 022; victim=%s; own=%s; cd %s/%s; %s".formatted(this.victim,
				this.own, this.models, name, script)));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(script + ": " + output).isZero();
	}

	/**
	 * Gets the model of each directory in a process of the application's user.
	 * @return what came of each, by the name of its directory
	 */
	private Map<String, String> get() throws IOException {
		jvms.by((this.user == 0) ? List.of() : MountSpace.reader(this.user))
			.ask(PATIENCE, this.server.uri("/m.gguf"), this.content.sha256(), this.models, this.home);
		Map<String, String> outcomes = new TreeMap<>();
		for (String line : Files.readAllLines(this.home.resolve("outcomes"))) {
			outcomes.put(line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1));
		}
		return outcomes;
	}

	private Path target(String name) {
		return this.models.resolve(name).resolve("m.gguf");
	}

	/** The whole model, private to the user, and under this name alone. */
	private void requireOwnModel(String name) throws IOException {
		assertThat(target(name)).isRegularFile().satisfies(Content.exactly(this.content.bytes()));
		assertThat(Files.readAttributes(target(name), "unix:uid,nlink,permissions", LinkOption.NOFOLLOW_LINKS)).as(name)
			.containsEntry("uid", this.user)
			.containsEntry("nlink", 1)
			.containsEntry("permissions", PosixFilePermissions.fromString("rw-------"));
	}

	private void requireNothingElseWasTouched() throws IOException {
		assertThat(this.victim).hasContent("important");
		assertThat(Files.readAttributes(this.victim, "unix:uid,permissions")).containsEntry("uid", this.user)
			.containsEntry("permissions", PosixFilePermissions.fromString("rw-------"));
		assertThat(this.own.resolve("text")).hasContent("mine");
		assertThat(this.own.resolve("new")).doesNotExist();
		assertThat(this.own.resolve("model")).satisfies(Content.exactly(this.content.bytes()));
		assertThat(Files.getAttribute(this.own.resolve("model"), "unix:uid")).isEqualTo(NEIGHBOUR);
	}

	@Test
	void whatStandsInPlaceOfALockOrAModelIsNotFollowed() throws Exception {
		Map<String, String> locks = Map.of("lock-link", "ln -s $victim m.gguf.download.lock", "lock-new",
				"ln -s $own/new m.gguf.download.lock", "lock-hard-link",
				"ln $victim m.gguf.download.lock || ln $own/text m.gguf.download.lock", "lock-pipe",
				"mkfifo m.gguf.download.lock", "lock-directory", "mkdir m.gguf.download.lock");
		Map<String, String> targets = Map.of("model-link", "ln -s $victim m.gguf", "model-new", "ln -s $own/new m.gguf",
				"model-pipe", "mkfifo m.gguf", "model-directory", "mkdir m.gguf");
		plant(locks);
		plant(targets);
		plant(Map.of("changed", "cp $own/model m.gguf"));
		Map<String, String> outcomes = get();
		assertThat(outcomes).hasSize(locks.size() + targets.size() + 1);
		for (String name : locks.keySet()) {
			assertThat(outcomes.get(name)).startsWith("STORAGE").contains("m.gguf.download.lock cannot be used");
			assertThat(target(name)).doesNotExist();
		}
		for (String name : targets.keySet()) {
			assertThat(outcomes.get(name)).as(name).startsWith("CONFIGURATION").contains(target(name).toString());
		}
		assertThat(outcomes).containsEntry("changed", "CACHED");
		requireNothingElseWasTouched();
		neighbour("changed", "touch -r m.gguf $own/time; printf x | dd of=m.gguf bs=1 seek=1000000 conv=notrunc;"
				+ " touch -r $own/time m.gguf");
		assertThat(get().get("changed")).startsWith("CONFIGURATION");
	}

	private void plant(Map<String, String> plants) throws Exception {
		for (Map.Entry<String, String> plant : plants.entrySet()) {
			directory("models/" + plant.getKey(), this.user, this.mode);
			neighbour(plant.getKey(), plant.getValue());
		}
	}

	@Test
	void whatStandsBesideAPartialIsNotFollowed() throws Exception {
		Map<String, String> plants = new TreeMap<>(Map.of("part", "cp $own/part $part; cp $own/journal $journal",
				"part-link", "ln -s $own/part $part; cp $own/journal $journal", "part-of-victim",
				"ln -s $victim $part; cp $own/journal $journal", "part-hard-link",
				"ln $own/part $part; cp $own/journal $journal", "part-pipe", "mkfifo $part; cp $own/journal $journal",
				"part-directory", "mkdir $part; cp $own/journal $journal"));
		plants.putAll(Map.of("journal", "cp $own/journal $journal", "journal-link", "ln -s $own/journal $journal",
				"journal-of-victim", "ln -s $victim $journal", "journal-new", "ln -s $own/new $journal",
				"journal-hard-link", "ln $own/text $journal", "journal-pipe", "mkfifo $journal", "journal-directory",
				"mkdir $journal"));
		for (String name : plants.keySet()) {
			directory("models/" + name, this.user, this.mode);
		}
		this.server.answer("/m.gguf", (request) -> String.valueOf(request.header("Range")).matches("null|bytes=0-.*")
				? Reply.ok().closeAfter(2 * MIB + 1000) : Reply.status(503));
		assertThat(get()).allSatisfy((name, outcome) -> assertThat(outcome).startsWith("TRANSFER"));
		this.server.answer("/m.gguf", (request) -> Reply.ok());
		for (Map.Entry<String, String> plant : plants.entrySet()) {
			Path partial = only(this.models.resolve(plant.getKey()), ".part");
			Path journal = only(this.models.resolve(plant.getKey()), ".journal");
			// The neighbour knows what a download of this model leaves.
			Files.copy(partial, this.own.resolve("part"), StandardCopyOption.REPLACE_EXISTING);
			Files.copy(journal, this.own.resolve("journal"), StandardCopyOption.REPLACE_EXISTING);
			give(this.own.resolve("part"), NEIGHBOUR, "644");
			give(this.own.resolve("journal"), NEIGHBOUR, "644");
			Files.delete(journal);
			if (plant.getKey().startsWith("part")) {
				Files.delete(partial);
			}
			neighbour(plant.getKey(), "part=%s; journal=%s; %s".formatted(partial.getFileName(), journal.getFileName(),
					plant.getValue()));
		}
		Map<String, String> outcomes = get();
		assertThat(outcomes.keySet()).isEqualTo(plants.keySet());
		for (String name : plants.keySet()) {
			assertThat(outcomes).containsEntry(name, "DOWNLOADED");
			requireOwnModel(name);
		}
		requireNothingElseWasTouched();
	}

	private static Path only(Path directory, String ending) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			List<Path> found = files.filter((file) -> file.toString().endsWith(ending)).toList();
			assertThat(found).hasSize(1);
			return found.get(0);
		}
	}

	/**
	 * The process of the application's user.
	 */
	static final class Child {

		private Child() {
		}

		public static void main(String[] arguments) throws IOException {
			ForkedJvm.serve(Child::get);
		}

		/**
		 * Gets the model of each directory, and writes what came of it.
		 * @param arguments the model's URL, its digest, the directory of all models, that
		 * of the user
		 */
		private static String get(String[] arguments) throws IOException {
			List<Path> directories;
			try (Stream<Path> found = Files.list(Path.of(arguments[2]))) {
				directories = found.sorted().toList();
			}
			List<String> outcomes = new ArrayList<>();
			try (CacheFixture fixture = new CacheFixture(Path.of(arguments[3], "cache"))) {
				// All failures of the first round are of one server.
				fixture.breakers(CircuitBreakerRegistry
					.of(Map.of("modelcache", CircuitBreakerConfig.custom().minimumNumberOfCalls(1000).build())));
				fixture.open(directories.stream()
					.map((directory) -> ModelRequest.builder(directory.getFileName().toString())
						.url(URI.create(arguments[0]))
						.expectedDigest(Digest.parse(arguments[1]))
						.modelPath(directory.resolve("m.gguf"))
						.maxAttempts(1)
						.build())
					.toArray(ModelRequest[]::new));
				for (Path directory : directories) {
					String name = directory.getFileName().toString();
					outcomes.add(name + " " + outcome(fixture, name));
				}
			}
			Files.write(Path.of(arguments[3], "outcomes"), outcomes);
			return "written";
		}

		private static String outcome(CacheFixture fixture, String name) {
			try {
				return fixture.get(name).outcome().name();
			}
			catch (ModelCacheException ex) {
				return ex.code() + " " + ex.getMessage();
			}
		}

	}

}
