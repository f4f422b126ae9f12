/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.content.FileDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

/**
 * Versions of models where symbolic links cannot be made, and pointers that somebody else
 * made.
 */
class ModelVersionsTests {

	private static final ModelFileName NAME = new ModelFileName("onnx/model.onnx");

	private static final String ONE = "0123456789abcdef";

	private static final String TWO = "fedcba9876543210";

	@TempDir
	private Path directory;

	private ModelVersions versions(ModelVersions.Links links) {
		return new ModelVersions(new CacheLayout(this.directory.resolve("cache")), new Receipts(), links);
	}

	private ModelVersions withoutLinks() {
		return versions((link, target, attributes) -> {
			throw new FileSystemException(link.toString(), null, "a privilege is not held");
		});
	}

	private ModelPlace place() {
		ModelRequest request = ModelRequest.builder("m")
			.url(URI.create("hf://org/repo"))
			.modelPath(this.directory.resolve("models").resolve("m"))
			.build();
		return new CacheLayout(this.directory.resolve("cache")).place(request, "m");
	}

	private static ModelManifest manifest(String revision) {
		return new ModelManifest(List.of(NAME), revision, "hf://org/repo", "key", false);
	}

	private void publish(ModelVersions versions, String version) throws IOException {
		ModelDirectory directory = versions.version(place(), version);
		ModelPlace arriving = directory.arriving(NAME);
		Path file = arriving.target();
		Files.createDirectories(file.getParent());
		Files.writeString(file, version);
		Digest digest = FileDigest.of(file, Set.of(Digest.Algorithm.SHA256), () -> {
		}).get(Digest.Algorithm.SHA256);
		new Receipts().write(arriving,
				new Receipt(Fingerprint.of(file), digest, null, null, null, null, null, false, Instant.EPOCH, null));
		directory.publish(manifest(version), Set.of(NAME), DiskStep::take);
	}

	private static void assertSeen(ModelVersions versions, ModelPlace place, String version) {
		SeenVersion seen = versions.seen(place);
		assertThat(seen).isNotNull();
		assertThat(seen.manifest()).isEqualTo(manifest(version));
		assertThat(seen.files()).singleElement().satisfies((file) -> assertThat(file.target()).hasContent(version));
	}

	@Test
	void withoutLinksAFilePointsToTheVersionAndNothingStandsAtThePlace() throws IOException {
		ModelVersions versions = withoutLinks();
		publish(versions, ONE);
		assertSeen(versions, place(), ONE);
		assertThat(place().target()).doesNotExist();
		publish(versions, TWO);
		assertSeen(versions, place(), TWO);
	}

	@Test
	void linkTakesOverFromAFileThatPoints() throws IOException {
		publish(withoutLinks(), ONE);
		ModelVersions versions = versions(Files::createSymbolicLink);
		assertSeen(versions, place(), ONE);
		publish(versions, TWO);
		assertSeen(versions, place(), TWO);
		assertThat(place().target()).isDirectory();
	}

	@Test
	void pointerWithoutItsVersionPointsToNothing() throws IOException {
		ModelVersions versions = versions(Files::createSymbolicLink);
		Files.createDirectories(place().directory());
		Files.createSymbolicLink(place().target(), Path.of(".m.versions", "gone"));
		assertThat(versions.seen(place())).isNull();
		Files.delete(place().target());
		Files.createDirectories(this.directory.resolve("models/.m.versions"));
		Files.writeString(this.directory.resolve("models/.m.versions/current"), "../../../etc");
		assertThat(versions.seen(place())).isNull();
	}

	@Test
	void whatAKilledUnpackingLeftIsDeletedBeforeAnotherOne() throws IOException {
		ModelVersions versions = versions(Files::createSymbolicLink);
		publish(versions, ONE);
		for (String version : List.of(ONE, TWO)) {
			Path left = versions.version(place(), version).unpacking();
			Files.writeString(left.resolve("half"), "half");
			assertThat(versions.version(place(), TWO).unpacking()).isNotEqualTo(left).isEmptyDirectory();
			assertThat(left).doesNotExist();
		}
		assertSeen(versions, place(), ONE);
	}

	@Test
	void deletedModelHasNoVersionsLeft() throws IOException {
		for (ModelVersions versions : List.of(withoutLinks(), versions(Files::createSymbolicLink))) {
			publish(versions, ONE);
			AtomicInteger deleted = new AtomicInteger();
			assertThat(versions.delete(place(), deleted::incrementAndGet, (file) -> fail())).isTrue();
			assertThat(deleted).hasValueGreaterThanOrEqualTo(2);
			assertThat(versions.seen(place())).isNull();
			assertThat(this.directory.resolve("models")).isEmptyDirectory();
			assertThat(versions.delete(place(), () -> {
			}, (file) -> fail())).isFalse();
		}
	}

}
