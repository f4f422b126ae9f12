/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.RecordedRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What every {@link SourceResolver} does.
 */
public abstract class SourceResolverContractTests {

	protected static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final List<String> FORMS = List.of(":s3cret", ":///", "://s3cret@", "://u:s3cret@/",
			"://u:s3cret@host", "://u:s3cret@host/a", "://u:s3cret@host:99999/a/b", "://u:s3cret@host/../a/..",
			"://host?key=s3cret", "://host/a?key=s3cret#s3cret", "://host/a/b?key=s3cret", "://host/a@s3cret:s3cret",
			"://host/a:b#s3cret");

	/** Returns the resolver. */
	protected abstract SourceResolver resolver();

	/** Returns a location that it can resolve, of a file {@code model.gguf}. */
	protected abstract URI location();

	/**
	 * Returns a location of something {@code missing}, with the password {@code s3cret}
	 * where its form has one, or {@code null} if the resolver asks nobody.
	 */
	protected abstract @Nullable URI missing();

	/** Returns what a server was asked. */
	protected List<RecordedRequest> requests() {
		return List.of();
	}

	protected final SourceLocation of(URI location) {
		return SourceLocation.of(location, ModelRequest.builder("m").url(location).build(), true);
	}

	protected final RemoteFile resolve(URI location) {
		return resolver().resolve(of(location)).block(PATIENCE).file();
	}

	@Test
	void schemesAreLowerCaseWithoutColon() {
		assertThat(resolver().schemes()).isNotEmpty().allMatch((scheme) -> scheme.matches("[a-z][a-z0-9+.-]*"));
		assertThat(resolver().schemes()).contains(location().getScheme());
	}

	@Test
	void fileKeepsItsNameAndHasAMirror() {
		RemoteFile file = resolve(location());
		assertThat(file.name()).hasToString("model.gguf");
		assertThat(file.mirrors()).isNotEmpty();
	}

	@Test
	void nothingIsAskedBeforeTheSubscription() {
		resolver().check(location());
		resolver().canonical(location());
		resolver().recognizes(location());
		assertThat(resolver().resolve(of(location()))).isNotNull();
		assertThat(resolver().known(of(location()))).isNotNull();
		assertThat(requests()).isEmpty();
		URI missing = missing();
		if (missing != null) {
			assertThat(resolver().resolve(of(missing))).isNotNull();
			assertThat(requests()).isEmpty();
		}
	}

	@Test
	void whatIsKnownIsFoundWithoutAServer() {
		resolver().known(of(location())).blockOptional(PATIENCE);
		assertThat(requests()).isEmpty();
	}

	@Test
	void urlsOfOtherSchemesAreLeftToOthers() {
		assertThat(List.of("unheard-of://host/model.gguf", "unheard-of:model", "https://example.com/model.gguf"))
			.noneMatch((url) -> resolver().recognizes(URI.create(url)));
	}

	@Test
	void canonicalUrlIsCheckedAndStaysAsItIs() {
		URI canonical = resolver().canonical(location());
		assertThat(resolver().schemes()).contains(canonical.getScheme());
		resolver().check(canonical);
		assertThat(resolver().canonical(canonical)).isEqualTo(canonical);
	}

	@Test
	void urlThatIsRefusedIsNotRepeated() {
		for (String scheme : resolver().schemes()) {
			for (String form : FORMS) {
				URI url = URI.create(scheme + form);
				try {
					resolver().check(url);
					assertThat(resolver().schemes()).contains(resolver().canonical(url).getScheme());
				}
				catch (IllegalArgumentException ex) {
					assertThat(ex.getMessage()).as(url.toString()).isNotBlank().doesNotContain("s3cret");
				}
			}
		}
	}

	@Test
	void failureNamesTheModelSaysWhatToDoAndKeepsSecrets() {
		URI missing = missing();
		if (missing == null) {
			assertThat(resolver().resolve(of(location())).block(PATIENCE)).isNotNull();
			return;
		}
		ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
				() -> resolver().resolve(of(missing)).block(PATIENCE));
		assertThat(failure).isNotNull();
		assertThat(failure.modelId()).isEqualTo("m");
		assertThat(failure.problem()).contains("missing");
		assertThat(failure.action()).isNotBlank();
		assertThat(failure).hasMessageStartingWith("Model 'm': ");
		StringWriter trace = new StringWriter();
		failure.printStackTrace(new PrintWriter(trace));
		assertThat(trace.toString()).doesNotContain("s3cret");
	}

	@Test
	void resolvedTwiceIsTheSame() {
		assertThat(resolve(location())).isEqualTo(resolve(location()));
	}

}
