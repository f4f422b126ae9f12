/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.ModelRequest;
import dev.modelcache.internal.lock.ProcessIdentity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CacheLayout}.
 */
class CacheLayoutTests {

	@TempDir
	private Path directory;

	private ModelPlace place(String url, String fileName) {
		return new CacheLayout(this.directory).place(ModelRequest.builder("m").url(URI.create(url)).build(), fileName);
	}

	private ModelPlace placeAt(Path path) {
		return new CacheLayout(this.directory).place(ModelRequest.builder("m").modelPath(path).build(), "ignored");
	}

	@Test
	void modelWithoutPathStandsUnderItsHostAndKeepsItsName() {
		ModelPlace place = place("https://example.com/a/m.gguf", "m.gguf");
		assertThat(place.target()).startsWithRaw(this.directory.resolve("models/example.com")).hasFileName("m.gguf");
		assertThat(place.lockFile()).startsWithRaw(this.directory.resolve("locks"));
		assertThat(place.receipt()).startsWithRaw(this.directory.resolve("receipts"));
	}

	@Test
	void modelWithPathStandsThereWithItsLockBeside() {
		Path path = this.directory.resolve("models/tiny.gguf");
		ModelPlace place = placeAt(path);
		assertThat(place.target()).isEqualTo(path);
		assertThat(place.lockFile()).isEqualTo(path.resolveSibling("tiny.gguf.download.lock"));
		assertThat(place.receipt()).startsWithRaw(this.directory.resolve("receipts"));
	}

	/** No user can create a file below a file. */
	@Test
	void lockOfAPathWhereNothingCanBeWrittenStandsInTheCache() throws Exception {
		Path path = Files.createFile(this.directory.resolve("file")).resolve("tiny.gguf");
		assertThat(placeAt(path).target()).isEqualTo(path);
		assertThat(placeAt(path).lockFile()).startsWithRaw(this.directory.resolve("locks"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://example.com/b/m.gguf", "https://example.org/a/m.gguf",
			"https://example.com:8443/a/m.gguf", "http://example.com/a/m.gguf", "https://example.com/a/m.gguf?v=2" })
	void anotherUrlIsAnotherPlace(String url) {
		assertThat(place(url, "m.gguf").target())
			.isNotEqualTo(place("https://example.com/a/m.gguf", "m.gguf").target());
	}

	@Test
	void credentialsAndFragmentAreNotPartOfTheSource() {
		assertThat(place("https://alice:pw@example.com/a/m.gguf#x", "m.gguf"))
			.isEqualTo(place("https://example.com/a/m.gguf", "m.gguf"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "..", ".", "", "../../etc/passwd", "a/b", "a\\b", "na\u0000me", "m\u00f6del.gguf", "a:b" })
	void oddNamesStayInside(String name) {
		Path target = place("https://example.com/x", name).target();
		assertThat(target.normalize()).isEqualTo(target);
		assertThat(this.directory.relativize(target).getNameCount()).isEqualTo(4);
	}

	@ParameterizedTest
	@ValueSource(ints = { 200, 255, 1000 })
	void longNamesFitTheFileSystemAndKeepTheirEnd(int length) throws Exception {
		ModelPlace place = place("https://example.com/x", "a".repeat(length) + ".gguf");
		Files.createDirectories(place.directory());
		Files.createFile(place.target());
		Files.createFile(StagedName.of(place.target()));
		assertThat(place.target().toString()).endsWith(".gguf");
	}

	@Test
	void longNameOfTheUserCanBeStaged() throws Exception {
		Path target = this.directory.resolve("\u00e4".repeat(120) + ".gguf");
		Path staged = StagedName.of(target);
		Files.createFile(staged);
		assertThat(StagedName.owner(staged, target)).isEqualTo(ProcessIdentity.current());
	}

	@Test
	void authoritiesThatAreNoHostNamesAreToldApart() {
		String one = CacheLayout.sourceKey(URI.create("hf://a_b/repo/m.gguf"));
		assertThat(CacheLayout.sourceKey(URI.create("hf://c_d/repo/m.gguf"))).isNotEqualTo(one);
		assertThat(CacheLayout.sourceKey(URI.create("hf://user:secret@a_b/repo/m.gguf"))).isEqualTo(one);
		assertThat(place("hf://a_b/repo/m.gguf", "m.gguf").target().toString()).contains("/a_b/");
	}

	@Test
	void linkedDirectoriesAreOnePlace() throws Exception {
		Path real = Files.createDirectories(this.directory.resolve("real"));
		Path link = Files.createSymbolicLink(this.directory.resolve("link"), real);
		assertThat(placeAt(link.resolve("new/m.gguf"))).isEqualTo(placeAt(real.resolve("new/m.gguf")));
	}

}
