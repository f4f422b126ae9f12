/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link SourceResolvers}.
 */
class SourceResolversTests {

	private static final URI FIRST = URI.create("a:first");

	private static final URI SECOND = URI.create("a:second");

	private static final ExpectedDigest STATED = new ExpectedDigest(Digest.parse("ab".repeat(32)), DigestOrigin.SOURCE);

	private final ModelRequest request = ModelRequest.builder("m").url(FIRST).build();

	@Test
	void singleFilesOfTwoLocationsAreOneFileWithTwoMirrors() {
		ResolvedModel model = resolve(this.request, Map.of(FIRST, new ResolvedModel(file("m.gguf", FIRST, null)),
				SECOND, new ResolvedModel(List.of(file("other.gguf", SECOND, STATED)), "commit")));
		assertThat(model.file().name()).hasToString("m.gguf");
		assertThat(model.file().mirrors()).extracting(Mirror::uri).containsExactly(FIRST, SECOND);
		assertThat(model.file().expected()).isNull();
		assertThat(model.file().mirrors()).extracting(Mirror::stated).containsExactly(null, STATED);
		assertThat(model.revision()).isNull();
	}

	@Test
	void configuredDigestComesBeforeTheStatedOne() {
		Digest configured = Digest.parse("cd".repeat(64));
		ModelRequest request = ModelRequest.builder("m").url(FIRST).expectedDigest(configured).build();
		ResolvedModel model = resolve(request, Map.of(FIRST, new ResolvedModel(file("m.gguf", FIRST, STATED))));
		assertThat(model.file().expected()).isEqualTo(new ExpectedDigest(configured, DigestOrigin.CONFIGURATION));
	}

	@Test
	void filesOfSeveralAreMatchedByName() {
		ResolvedModel first = new ResolvedModel(List.of(file("a", FIRST, STATED), file("b", FIRST, STATED)), "c1");
		ResolvedModel second = new ResolvedModel(List.of(file("b", SECOND, STATED), file("c", SECOND, null)), "c2");
		ResolvedModel model = resolve(this.request, Map.of(FIRST, first, SECOND, second));
		assertThat(model.files()).extracting((file) -> file.name().text()).containsExactly("a", "b");
		assertThat(model.files().get(0).mirrors()).extracting(Mirror::uri).containsExactly(FIRST);
		assertThat(model.files().get(1).mirrors()).extracting(Mirror::uri).containsExactly(FIRST, SECOND);
		assertThat(model.revision()).isEqualTo("c1");
	}

	@Test
	void oneConfiguredDigestForSeveralFilesIsAnError() {
		ModelRequest request = ModelRequest.builder("m").url(FIRST).expectedDigest(STATED.digest()).build();
		ResolvedModel two = new ResolvedModel(List.of(file("a", FIRST, null), file("b", FIRST, null)), null);
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> resolve(request, Map.of(FIRST, two)))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("expected-checksum"));
	}

	@Test
	void locationThatCannotBeResolvedIsLeftOut() {
		ResolvedModel model = resolve(this.request, Map.of(SECOND, new ResolvedModel(file("m", SECOND, null))));
		assertThat(model.file().mirrors()).extracting(Mirror::uri).containsExactly(SECOND);
	}

	@Test
	void whereNoLocationCanBeResolvedTheFirstFailureTellsOfTheOthers() {
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> resolve(this.request, Map.of()))
			.satisfies((ex) -> assertThat(ex.getSuppressed()).hasAtLeastOneElementOfType(ModelNotFoundException.class));
	}

	@Test
	void modelOfSeveralFilesHasNoSingleOne() {
		ResolvedModel two = new ResolvedModel(List.of(file("a", FIRST, null), file("b", FIRST, null)), null);
		assertThatIllegalStateException().isThrownBy(two::file);
		assertThat(two.size()).isEqualTo(14);
	}

	@Test
	void twoFilesOfOneNameAreNoModel() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new ResolvedModel(List.of(file("a", FIRST, null), file("a", SECOND, null)), null));
	}

	private static RemoteFile file(String name, URI uri, @Nullable ExpectedDigest expected) {
		return new RemoteFile(new ModelFileName(name), List.of(new Mirror(uri, Map.of())), expected, 7L);
	}

	private static ResolvedModel resolve(ModelRequest request, Map<URI, ResolvedModel> answers) {
		SourceResolver resolver = new SourceResolver() {

			@Override
			public Set<String> schemes() {
				return Set.of("a");
			}

			@Override
			public Mono<ResolvedModel> resolve(SourceLocation location) {
				return Mono.justOrEmpty(answers.get(location.uri()))
					.switchIfEmpty(Mono.error(() -> new ModelNotFoundException("m", "not there", "Put it there")));
			}

		};
		return SourceResolvers.of(List.of(resolver)).resolve(request, List.of(FIRST, SECOND), FIRST, (pause) -> {
		}).block(Duration.ofMinutes(3));
	}

}
