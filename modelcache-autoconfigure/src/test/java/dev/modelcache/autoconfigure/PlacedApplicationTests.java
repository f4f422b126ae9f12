/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Tar;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications in JVMs of their own, as users without a home directory and in the locale
 * {@code C}.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the locale of other systems has all letters")
class PlacedApplicationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final String NO_DIRECTORY = "hooks.llm.cache.directory: is not set, and there is no default: "
			+ "XDG_CACHE_HOME is not set; HOME is ";

	@TempDir
	private Path directory;

	private Path source;

	@BeforeEach
	void writeSource() throws IOException {
		this.source = Files.write(this.directory.resolve("source.gguf"), GgufFile.tiny().bytes());
	}

	/**
	 * Runs applications to their ends in one process, in the directory, with a changed
	 * environment.
	 * @return what each of them printed
	 */
	private List<String> run(List<String> environment, List<String> options, List<String> first, List<?>... more) {
		List<String> wrapper = new ArrayList<>(
				List.of("env", "-C", this.directory.toString(), "-u", "XDG_CACHE_HOME", "-u", "LC_ALL"));
		wrapper.addAll(environment);
		List<String> arguments = new ArrayList<>();
		first.forEach((property) -> arguments.add("--hooks.llm." + property));
		for (List<?> properties : more) {
			arguments.add(PlacedApplication.NEXT);
			properties.forEach((property) -> arguments.add("--hooks.llm." + property));
		}
		try (ForkedJvm application = ForkedJvm.startBy(wrapper, PlacedApplication.class, options,
				arguments.toArray())) {
			application.awaitExit(PATIENCE);
			List<String> outputs = List.of(application.output().split(PlacedApplication.END, -1));
			assertThat(outputs).as(application.output()).hasSize(2 + more.length);
			return outputs;
		}
	}

	private String url() {
		return "url=" + this.source.toUri();
	}

	private List<Path> files() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.filter((file) -> !file.equals(this.source)).toList();
		}
	}

	@Test
	void userWithoutAHomeIsToldToConfigureTheDirectory() throws IOException {
		assertThat(run(List.of("HOME=/dev/null"), List.of("-Duser.home=?"), List.of(url())).get(0)).contains(
				NO_DIRECTORY + "'/dev/null', which is not a directory; user.home is '?', which is not an absolute path",
				"Set hooks.llm.cache.directory to a directory to which this user can write");
		assertThat(files()).isEmpty();
	}

	@Test
	void userWithoutAHomeCanUseAConfiguredDirectoryOrAModelThatIsThereOrNone() throws IOException {
		List<String> outputs = run(List.of("-u", "HOME"), List.of("-Duser.home=?"), List.of("startup.mode=background"),
				List.of("model-path=" + this.source),
				List.of(url(), "cache.directory=" + this.directory.resolve("cache")));
		assertThat(outputs.get(0)).contains("Started ")
			.doesNotContain(PlacedApplication.READY, PlacedApplication.FAILED);
		assertThat(outputs.get(1)).contains(PlacedApplication.READY + "default " + this.source);
		assertThat(outputs.get(2))
			.contains(PlacedApplication.READY + "default " + this.directory.resolve("cache/models"));
		assertThat(files()).containsExactly(this.directory.resolve("cache"));
	}

	@Test
	void inTheLocaleCFilesWithOtherLettersAreServed() {
		try (MisbehavingServer server = MisbehavingServer.start()) {
			server.serve("/mod%C3%A8le.gguf", GgufFile.tiny().bytes()).serve("/m.gguf", GgufFile.tiny().bytes());
			List<String> settings = List.of("download.allow-insecure-http=true",
					"cache.directory=" + this.directory.resolve("cache"));
			List<String> outputs = run(
					List.of("LANG=C", "LC_CTYPE=C", "HOME=" + this.directory, "XDG_CACHE_HOME=/tmp/jörg"), List.of(),
					with(settings, "url=" + server.uri("/mod%C3%A8le.gguf")),
					with(settings, "url=" + server.uri("/m.gguf")),
					with(settings, "url=" + server.uri("/mod%C3%A8le.gguf"),
							"model-path=" + this.directory.resolve("m.gguf")));
			assertThat(outputs.subList(0, 3))
				.allSatisfy((output) -> assertThat(output).contains(PlacedApplication.READY + "default "));
		}
	}

	@Test
	void inTheLocaleCArchiveWithOtherLettersIsKeptUntilItsNamesCanBeUsed() throws IOException {
		Content archive = Content.of(Tar.of("modèle/m.gguf", GgufFile.tiny().bytes()));
		try (FakeRegistry registry = new FakeRegistry()) {
			String blob = registry.blob("org/model", archive);
			registry.manifest("org/model", "latest",
					ManifestJson.of("application/vnd.cncf.model.config.v1+json")
						.layer("application/vnd.cncf.model.weight.v1.tar", archive)
						.toString());
			List<String> settings = List.of("url=" + registry.url("oci", "org/model"),
					"oci.registries[" + registry.host() + "].insecure=true",
					"cache.directory=" + this.directory.resolve("cache"));
			assertThat(run(List.of("LANG=C", "LC_CTYPE=C"), List.of(), settings).get(0))
				.contains(PlacedApplication.FAILED + "default CONFIGURATION", "US-ASCII", "LANG=C.UTF-8")
				.doesNotContain("Ask its publisher");
			assertThat(run(List.of("LANG=C.UTF-8"), List.of(), settings).get(0))
				.contains(PlacedApplication.READY + "default ");
			assertThat(registry.server().requests()).filteredOn((request) -> request.path().contains(blob)).hasSize(1);
		}
	}

	private static List<String> with(List<String> settings, String... more) {
		List<String> all = new ArrayList<>(settings);
		all.addAll(List.of(more));
		return all;
	}

	@Test
	void inTheLocaleCHomeWithOtherLettersIsNeededOnlyWithoutAConfiguredDirectory() {
		List<String> outputs = run(List.of("LANG=C", "LC_CTYPE=C", "HOME=" + this.directory.resolve("jörg")),
				List.of("-Duser.home=" + this.directory.resolve("jörg")), List.of(url()),
				List.of(url(), "cache.directory=" + this.directory.resolve("cache")),
				List.of(url(), "cache.directory=" + this.directory.resolve("cache"),
						"model-path=" + this.directory.resolve("é.gguf")));
		assertThat(outputs.get(0)).contains(NO_DIRECTORY.substring(0, 40), "US-ASCII",
				"LANG=C.UTF-8, or LC_ALL=C.UTF-8");
		assertThat(outputs.get(1)).contains(PlacedApplication.READY + "default ");
		assertThat(outputs.get(2)).contains("hooks.llm.model-path: contains characters that the encoding of file names",
				"LANG=C.UTF-8");
	}

	@Test
	@Tag("root")
	void userWhoIsOnlyANumberIsToldToConfigureTheDirectory() throws IOException {
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwxrwxrwx"));
		String output = run(List.of("HOME=/", "XDG_CACHE_HOME=/etc", "setpriv", "--reuid=12345", "--regid=12345",
				"--clear-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"), List.of(),
				List.of(url()))
			.get(0);
		// The JDK takes HOME where the user has no entry, or says ?.
		assertThat(output)
			.contains("XDG_CACHE_HOME is '/etc', which cannot be written by this user; HOME is '/', which is not a home"
					+ " directory; user.home is ")
			.containsAnyOf("'?', which is not an absolute path", "'/', which is not a home directory\n");
		assertThat(files()).isEmpty();
	}

	@Test
	@Tag("root")
	void cacheIsInTheHomeIfXdgCacheHomeCannotBeWritten() throws IOException {
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwxrwxrwx"));
		String output = run(
				List.of("HOME=" + this.directory, "XDG_CACHE_HOME=/etc", "setpriv", "--reuid=12345", "--regid=12345",
						"--clear-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
				List.of(), List.of(url()))
			.get(0);
		Path cache = this.directory.resolve(".cache/modelcache");
		assertThat(output).contains(PlacedApplication.READY + "default " + cache)
			.contains("XDG_CACHE_HOME is '/etc', which cannot be written by this user; the cache is " + cache)
			.containsOnlyOnce("XDG_CACHE_HOME is '/etc', which cannot be written by this user; the cache of the Hub's"
					+ " tools is " + this.directory.resolve(".cache/huggingface/hub"));
	}

}
